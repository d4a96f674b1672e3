using Dataplug.Preprocessing;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Indexes of BAM objects as samtools has them: BAI and CSI. What samtools has indexed need not be indexed again, and what is indexed
/// here can be read by samtools.
/// </summary>
public static class BamIndexFile
{
    /// <summary>Writes an object's index as samtools has it.</summary>
    /// <param name="source">The object, preprocessed, of the format BAM, sorted by position.</param>
    /// <param name="kind"><see cref="BinningIndexKind.Bai"/> or <see cref="BinningIndexKind.Csi"/>.</param>
    /// <param name="destination">Takes the index; need not be seekable.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="NotPreprocessedException">The object has no index.</exception>
    /// <exception cref="StaleIndexException">The object changed since it was indexed.</exception>
    /// <exception cref="UnsupportedFormatException">The object's format is not BAM; it is not sorted; or it can't be indexed so:
    /// positions beyond 2²⁹ in BAI, an index that was imported from CSI in BAI, anything in tabix.</exception>
    public static async Task ExportAsync(CloudObject source, BinningIndexKind kind, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        var name = source.Uri.Display;
        if (kind is not (BinningIndexKind.Bai or BinningIndexKind.Csi))
            throw new UnsupportedFormatException(name, "a tabix index is one of text, not of BAM", "Export it as bai or csi.");
        if (await source.GetObjectIndexAsync(cancellationToken).ConfigureAwait(false) is not BamIndex index)
            throw new UnsupportedFormatException(name, $"format '{source.Format.Id}' is not BAM", "Name the format with --format bam.");
        if (index.Bins is null)
            throw new UnsupportedFormatException(name, $"the object is not sorted by position: {index.Alignments.Unsorted}", "Sort it: samtools sort -o SORTED.bam IN.bam");
        await BinningIndexFile.WriteAsync(destination, kind, index.Bins, layout: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes an object's index of samtools' one. Of the object only the header, a few records and the end are read. The records are not
    /// numbered then, so that they can't be cut by their number; and the places to cut at are those that the index knows.
    /// </summary>
    /// <param name="source">The object.</param>
    /// <param name="index">The <c>.bai</c> or <c>.csi</c> file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="options">How to import; null for the usual way.</param>
    /// <param name="cancellationToken">Cancels the import.</param>
    /// <exception cref="CorruptIndexException">The index is damaged, or is not of this object.</exception>
    /// <exception cref="UnsupportedFormatException">It is no such index, or the object no BAM.</exception>
    /// <exception cref="CorruptObjectException">The object is damaged.</exception>
    public static async Task<PreprocessReport> ImportAsync(CloudObject<BamIndex> source, Stream index, string name, BamImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(index);
        options ??= new BamImportOptions();
        var content = await BinningIndexFile.ReadAsync(index, name, cancellationToken).ConfigureAwait(false);
        if (content.Kind == BinningIndexKind.Tbi || content.Layout is not null)
            throw new UnsupportedFormatException(name, "it is an index of text, not of BAM", "Give the .bai or .csi file that samtools made.");
        return await source.PreprocessAsync(
            new PreprocessOptions { Force = options.Force, Progress = options.Progress, Preprocessor = new BamIndexImport(content, name) },
            cancellationToken).ConfigureAwait(false);
    }
}
