namespace Dataplug;

/// <summary>The object's bytes break the rules of its format: damaged, cut short, or not what its name says.</summary>
public sealed class CorruptObjectException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public CorruptObjectException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Check the object against its origin (its checksum or size) and upload it again.", byteOffset, innerException)
    {
    }

    /// <summary>The damaged gzip member or zstd frame, counted from 1; null where it is not known, as in a slice that begins in the
    /// middle of the object, or where there is none.</summary>
    public long? MemberNumber { get; init; }

    /// <summary>Offset in bytes of that member or frame from the start of the stored object; null where it is not known.</summary>
    public long? MemberOffset { get; init; }
}
