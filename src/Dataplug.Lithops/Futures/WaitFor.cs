namespace Dataplug.Lithops;

/// <summary>What a wait waits for.</summary>
public readonly record struct WaitFor
{
    private readonly Kind _kind;

    private WaitFor(Kind kind) => _kind = kind;

    private enum Kind
    {
        All,
        Any,
        Always,
    }

    /// <summary>Until all tasks have ended, however.</summary>
    public static WaitFor All { get; } = new(Kind.All);

    /// <summary>Until at least one task has ended, however; at once when there is none.</summary>
    public static WaitFor Any { get; } = new(Kind.Any);

    /// <summary>Not at all: always returns at once, with what has ended so far.</summary>
    public static WaitFor Always { get; } = new(Kind.Always);

    /// <inheritdoc/>
    public override string ToString() => _kind.ToString();

    internal bool IsMet(int done, int pending) => _kind switch
    {
        Kind.Always => true,
        Kind.Any => done > 0 || pending == 0,
        _ => pending == 0,
    };
}
