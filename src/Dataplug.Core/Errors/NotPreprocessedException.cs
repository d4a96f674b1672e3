namespace Dataplug;

/// <summary>The object has no index yet, so it can't be partitioned.</summary>
public sealed class NotPreprocessedException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public NotPreprocessedException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Preprocess it first: CloudObject.PreprocessAsync(), or 'dataplug preprocess URI'.", byteOffset, innerException)
    {
    }
}
