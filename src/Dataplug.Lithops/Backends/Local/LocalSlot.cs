using System.Globalization;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Backends.Local;

/// <summary>One of the <see cref="LocalSlots"/>, held by a task except while it waits for other tasks.</summary>
internal sealed class LocalSlot(LocalSlots slots, int number, SemaphoreSlim? jobLimit) : IWorkerSlot
{
    private readonly Lock _gate = new();
    private int? _held = number;
    private int _waits;
    private bool _ended;

    public string Worker { get; } = string.Create(CultureInfo.InvariantCulture, $"local/{number}");

    public void Suspend()
    {
        int? released = null;
        lock (_gate)
        {
            // The first of several simultaneous waits lends the slot.
            if (_ended || _waits++ > 0)
                return;
            (released, _held) = (_held, null);
        }

        if (released is { } lent)
            slots.Release(lent);
    }

    public async ValueTask ResumeAsync()
    {
        lock (_gate)
        {
            if (_ended || --_waits > 0)
                return;
        }

        var taken = await slots.ResumeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            // Meanwhile the task may have been given up, have begun another wait, or have got its slot by another one's end.
            if (!_ended && _waits == 0 && _held is null)
            {
                _held = taken;
                return;
            }
        }

        slots.Release(taken);
    }

    public void Dispose()
    {
        int? released;
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            (released, _held) = (_held, null);
        }

        if (released is { } last)
            slots.Release(last);
        jobLimit?.Release();
    }
}
