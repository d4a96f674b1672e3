using Dataplug.Lithops.Backends.Local;

namespace Dataplug.Lithops.Tests.Backends.Local;

public sealed class LocalSlotsTests
{
    [Fact]
    public async Task Who_resumes_goes_first_then_deeper_jobs_then_who_came_first()
    {
        var slots = new LocalSlots(1);
        var order = new List<string>();
        var parent = await AcquireAsync(slots, 0);
        parent.Suspend();
        var holder = await AcquireAsync(slots, 1);
        Task[] waits =
        [
            Enter("shallow, first", 0),
            Enter("shallow, second", 0),
            Enter("deep", 2),
            Resume(),
        ];

        holder.Dispose();
        await Task.WhenAll(waits).InTime();

        Assert.Equal(["resumed", "deep", "shallow, first", "shallow, second"], order);

        async Task Enter(string name, int depth)
        {
            using var slot = await AcquireAsync(slots, depth);
            order.Add(name);
        }

        async Task Resume()
        {
            await parent.ResumeAsync();
            order.Add("resumed");
            parent.Dispose();
        }
    }

    [Fact]
    public async Task A_cancelled_wait_takes_no_slot()
    {
        var slots = new LocalSlots(1);
        using var source = new CancellationTokenSource();
        var holder = await AcquireAsync(slots, 0);
        var canceled = AcquireAsync(slots, 5, source.Token);
        var patient = AcquireAsync(slots, 0);

        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled.InTime());
        Assert.False(patient.IsCompleted);
        holder.Dispose();
        holder.Dispose();

        (await patient.InTime()).Dispose();
        using var again = await AcquireAsync(slots, 0).InTime();
        Assert.False(AcquireAsync(slots, 0).IsCompleted);
    }

    [Fact]
    public async Task Simultaneous_waits_lend_the_slot_once_and_take_it_again_with_the_last()
    {
        var slots = new LocalSlots(1);
        var task = await AcquireAsync(slots, 0);
        task.Suspend();
        task.Suspend();
        var other = await AcquireAsync(slots, 0).InTime();
        Assert.False(AcquireAsync(slots, 9).IsCompleted);

        await task.ResumeAsync().InTime();
        var last = task.ResumeAsync().AsTask();
        Assert.False(last.IsCompleted);
        other.Dispose();

        await last.InTime();
    }

    [Fact]
    public async Task A_slot_given_up_while_lent_is_not_taken_again()
    {
        var slots = new LocalSlots(1);
        var task = await AcquireAsync(slots, 0);
        task.Suspend();
        task.Dispose();
        await task.ResumeAsync().InTime();
        task.Suspend();

        using var first = await AcquireAsync(slots, 0).InTime();
        Assert.False(AcquireAsync(slots, 0).IsCompleted);
    }

    [Fact]
    public async Task A_slot_is_kept_from_shallower_jobs_while_a_deeper_one_is_about_to_ask()
    {
        var slots = new LocalSlots(1);
        slots.Arrive(1);
        var shallow = AcquireAsync(slots, 0);
        Assert.False(shallow.IsCompleted);

        var deep = await slots.AcquireAsync(1, null, CancellationToken.None).AsTask().InTime();
        deep.Dispose();
        Assert.False(shallow.IsCompleted);
        slots.Leave(1);

        using var slot = await shallow.InTime();
    }

    /// <summary>As a job does that starts one task and has no more.</summary>
    private static async Task<LocalSlot> AcquireAsync(LocalSlots slots, int depth, CancellationToken cancellationToken = default)
    {
        slots.Arrive(depth);
        var slot = await slots.AcquireAsync(depth, null, cancellationToken);
        slots.Leave(depth);
        return slot;
    }
}
