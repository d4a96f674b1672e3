namespace Dataplug.Lithops.Functions;

/// <summary>A variable that a lambda captures, with the value that it had when the job was submitted.</summary>
/// <param name="Path">The fields that lead to it from the lambda's closure, joined by slashes: one, or more in nested scopes.</param>
/// <param name="Value">The value, as values of the variable's declared type travel.</param>
public sealed record CapturedVariable(string Path, ReadOnlyMemory<byte> Value)
{
    /// <summary>The variable's name.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Equal when path and bytes are.</summary>
    /// <param name="other">The other variable.</param>
    public bool Equals(CapturedVariable? other) => other is not null && Path == other.Path && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);
}
