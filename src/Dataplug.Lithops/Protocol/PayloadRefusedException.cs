namespace Dataplug.Lithops;

/// <summary>
/// Something that came from outside is not what was signed: an invocation or status without the right signature, or code, a
/// function, an input or a result whose content is another. It was not used.
/// </summary>
public sealed class PayloadRefusedException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public PayloadRefusedException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Find out who else writes to the storage of the jobs.", byteOffset, innerException)
    {
    }
}
