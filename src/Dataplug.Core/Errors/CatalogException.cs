namespace Dataplug;

/// <summary>The catalog is damaged, or was written by a newer version of this program. Nothing is lost: it is made again from
/// the index sidecars.</summary>
public sealed class CatalogException : DataplugException
{
    /// <inheritdoc cref="DataplugException(string?, string, string?, long?, Exception?)"/>
    public CatalogException(string? source, string problem, string? cure = null, long? byteOffset = null, Exception? innerException = null)
        : base(source, problem, cure ?? "Make it anew from the index sidecars: dataplug catalog rebuild.", byteOffset, innerException)
    {
    }
}
