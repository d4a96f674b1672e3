using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo;

/// <summary>
/// Spatial indexes of LAS objects as LAStools has them: <c>.lax</c> files. What <c>lasindex</c> has indexed need not be indexed again, and what is
/// indexed here LAStools can search.
/// </summary>
public static class LasIndexFile
{
    private const int MaxLength = 1 << 30;

    /// <summary>Writes an object's index as a <c>.lax</c> file; the object is not read.</summary>
    /// <param name="source">The object, preprocessed, of the format LAS.</param>
    /// <param name="destination">Takes the file; need not be seekable.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="NotPreprocessedException">The object has no index.</exception>
    /// <exception cref="StaleIndexException">The object changed since it was indexed.</exception>
    /// <exception cref="UnsupportedFormatException">The object's format is not LAS, or its coordinates are no places.</exception>
    public static async Task ExportAsync(CloudObject source, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        if (await source.GetObjectIndexAsync(cancellationToken).ConfigureAwait(false) is not LasIndex index)
            throw new UnsupportedFormatException(source.Uri.Display, $"format '{source.Format.Id}' is not LAS", "Name the format with --format las.");
        if (!index.Header.HasPlaces)
            throw new UnsupportedFormatException(source.Uri.Display, "the object's coordinates are no places, which is what a .lax file is of", "Correct the scale factors and offsets in its header.");
        await destination.WriteAsync(LaxFile.Of(index).ToBytes(), cancellationToken).ConfigureAwait(false);
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes an object's index of a <c>.lax</c> file. Of the object only the head, its extended records and a few hundred points are read. Counts by
    /// class, and what else only the points tell, are not known then.
    /// </summary>
    /// <param name="source">The object.</param>
    /// <param name="lax">The file, or the content of an extended record <c>LAStools</c> 30.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="options">How to import; null for the usual way.</param>
    /// <param name="cancellationToken">Cancels the import.</param>
    /// <exception cref="CorruptIndexException">The file is damaged, or not of this object.</exception>
    /// <exception cref="UnsupportedFormatException">It is no such file, or larger than 1 GiB, or the object no LAS.</exception>
    /// <exception cref="CorruptObjectException">The object is damaged.</exception>
    public static async Task<PreprocessReport> ImportAsync(CloudObject<LasIndex> source, Stream lax, string name, LasImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(lax);
        options ??= new LasImportOptions();
        using var bytes = new MemoryStream();
        var buffer = new byte[64 << 10];
        for (int read; (read = await lax.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            if (bytes.Length + read > MaxLength)
                throw new UnsupportedFormatException(name, $"the file has more than {MaxLength} bytes", "Preprocess the object instead.");
            bytes.Write(buffer.AsSpan(0, read));
        }

        var content = LaxFile.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), name);
        if (source.Format is not LasFormat format)
            throw new UnsupportedFormatException(source.Uri.Display, $"format '{source.Format.Id}' is not LAS; an index of compressed points needs to know of each chunk more than a .lax file says", "Preprocess the object instead.");
        var blockSize = format.BlockSize;
        return await source.PreprocessAsync(
            new PreprocessOptions { Force = options.Force, Progress = options.Progress, Preprocessor = new LaxImport(content, name, blockSize) },
            cancellationToken).ConfigureAwait(false);
    }
}
