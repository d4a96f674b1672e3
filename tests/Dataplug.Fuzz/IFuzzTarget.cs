namespace Dataplug.Fuzz;

/// <summary>What an input is meant to be; also the name of the corpus folder that holds such inputs.</summary>
internal enum InputKind
{
    /// <summary>A gzip object: members, perhaps padding.</summary>
    Gzip,

    /// <summary>A gzip object of many blocks, most of it whole: for those who begin in the middle.</summary>
    Blocks,

    /// <summary>Raw deflate data.</summary>
    Deflate,

    /// <summary>A packed window.</summary>
    Window,

    /// <summary>A saved scan state.</summary>
    State,

    /// <summary>An index sidecar.</summary>
    Sidecar,

    /// <summary>A column of numbers.</summary>
    Column,
}

/// <summary>
/// Something that takes untrusted bytes, together with what must hold of it for every input. To add one: implement this, and name
/// it in <see cref="FuzzTargets"/>; mutations, statistics, reproducers, AFL and the replaying test come of themselves.
/// </summary>
internal interface IFuzzTarget
{
    /// <summary>Its name on the command line and in reports.</summary>
    string Name { get; }

    /// <summary>What it is fed with.</summary>
    InputKind Kind { get; }

    /// <summary>Runs it once. Called by one thread at a time.</summary>
    /// <param name="input">The input; not to be changed.</param>
    /// <param name="random">For all choices (sizes of pieces and the like). Its seed is made from the input, so that the input alone
    /// reproduces a run.</param>
    /// <returns>The class of the outcome, for the statistics: few different ones.</returns>
    /// <exception cref="FuzzFinding">Something that must hold did not. Any other exception is a finding too.</exception>
    string Run(byte[] input, Random random);
}
