namespace Dataplug;

/// <summary>Another run is preprocessing the same object at this moment.</summary>
public sealed class PreprocessingInProgressException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public PreprocessingInProgressException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Wait for the other run to finish, or stop it and try again.", byteOffset, innerException)
    {
    }
}
