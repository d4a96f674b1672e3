using System.Globalization;

namespace Dataplug.Lithops;

/// <summary>What a wait waits for.</summary>
public readonly record struct WaitFor
{
    // A share that is a multiple of a task but for rounding, such as 0.07 of 100 tasks, is no task more.
    private const double Rounding = 1e-12;

    private readonly Kind _kind;
    private readonly double _share;

    private WaitFor(Kind kind, double share = 0)
    {
        _kind = kind;
        _share = share;
    }

    private enum Kind
    {
        All,
        Any,
        Always,
        Fraction,
    }

    /// <summary>Until all tasks have ended, however.</summary>
    public static WaitFor All { get; } = new(Kind.All);

    /// <summary>Until at least one task has ended, however; at once when there is none.</summary>
    public static WaitFor Any { get; } = new(Kind.Any);

    /// <summary>Not at all: always returns at once, with what has ended so far.</summary>
    public static WaitFor Always { get; } = new(Kind.Always);

    /// <summary>Until at least a share of the tasks has ended, however; at once when there is none.</summary>
    /// <param name="share">The share: above 0, and at most 1, which is <see cref="All"/>.</param>
    /// <remarks>While inputs are drawn and don't say how many there are, only their end tells what the share is of.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The share is not above 0 and at most 1.</exception>
    public static WaitFor Fraction(double share)
    {
        if (!(share is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share is above 0 and at most 1.");
        return new WaitFor(Kind.Fraction, share);
    }

    /// <inheritdoc/>
    public override string ToString() => _kind == Kind.Fraction ? string.Create(CultureInfo.InvariantCulture, $"{_kind} {_share}") : _kind.ToString();

    /// <summary>How many of so many tasks have to end.</summary>
    internal int Needed(int tasks) => _kind switch
    {
        Kind.Always => 0,
        Kind.Any => Math.Min(1, tasks),
        Kind.Fraction when tasks > 0 => Math.Max(1, (int)Math.Ceiling(_share * tasks * (1 - Rounding))),
        _ => tasks,
    };

    /// <summary>Whether the wait is over when so many tasks have ended and so many have not.</summary>
    internal bool IsMet(int done, int pending) => done >= Needed(done + pending);
}
