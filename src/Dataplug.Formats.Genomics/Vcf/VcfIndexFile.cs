using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Indexes of VCF in BGZF in the formats of other programs: tabix (<c>.tbi</c>) and CSI (<c>.csi</c>). What tabix or bcftools has indexed
/// need not be indexed again, and what is indexed here can be read by them.
/// </summary>
public static class VcfIndexFile
{
    private static readonly string[] Endings = [".tbi", ".csi"];

    /// <summary>Writes the index of an object as a tabix or CSI index.</summary>
    /// <param name="source">The object, preprocessed.</param>
    /// <param name="kind"><see cref="BinningIndexKind.Tbi"/> or <see cref="BinningIndexKind.Csi"/>.</param>
    /// <param name="destination">Takes the index; need not be seekable.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="NotPreprocessedException">The object has no index.</exception>
    /// <exception cref="StaleIndexException">The object changed since it was indexed.</exception>
    /// <exception cref="UnsupportedFormatException">The object is not VCF in BGZF, or not sorted, or has positions beyond 2²⁹ and a tabix
    /// index is asked for.</exception>
    public static async Task ExportAsync(CloudObject source, BinningIndexKind kind, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        if (kind == BinningIndexKind.Bai)
            throw new UnsupportedFormatException(source.Uri.Display, "a BAI index is of BAM, not of VCF", "Export it as tbi or csi.");
        RequireBgzf(source);
        var index = (VcfIndex)await source.GetObjectIndexAsync(cancellationToken).ConfigureAwait(false);
        if (index.Binning is null)
            throw new UnsupportedFormatException(source.Uri.Display, $"an object that is not sorted has no such index: {index.Unsorted}", "Sort the object: bcftools sort.");
        await BinningIndexFile.WriteAsync(destination, kind, index.Binning, TabixLayout.Vcf, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes an object's index of the tabix or CSI index that another program made. Of the object the header is read, a few records by
    /// which it is seen that the index is of this object, and the end. Such an index knows no record numbers: all strategies but
    /// <c>records</c> work.
    /// </summary>
    /// <param name="source">The object.</param>
    /// <param name="index">The other program's index; read to the end.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="options">How to preprocess; null for the usual way.</param>
    /// <param name="cancellationToken">Cancels the import.</param>
    /// <exception cref="CorruptIndexException">The index is damaged, or is not of this object.</exception>
    /// <exception cref="UnsupportedFormatException">It is no tabix or CSI index of VCF, or the object is not VCF in BGZF.</exception>
    /// <exception cref="CorruptObjectException">The object is damaged.</exception>
    public static async Task<PreprocessReport> ImportAsync(CloudObject<VcfIndex> source, Stream index, string name, PreprocessOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(index);
        RequireBgzf(source);
        var content = await BinningIndexFile.ReadAsync(index, name, cancellationToken).ConfigureAwait(false);
        if (content.Layout is not { Format: 2 })
            throw new UnsupportedFormatException(name, "it is no index of VCF text", "Make it with bcftools index -t, bcftools index or tabix -p vcf.");
        return await source.PreprocessAsync((options ?? new PreprocessOptions()) with { Preprocessor = new VcfIndexImport(content, name) }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks for a tabix or CSI index beside an object: its name with <c>.tbi</c> or <c>.csi</c> after it.</summary>
    /// <param name="source">The object.</param>
    /// <param name="cancellationToken">Cancels the look: at most two requests.</param>
    /// <returns>The index; null where there is none that can be read.</returns>
    public static async Task<ObjectUri?> FindBesideAsync(CloudObject source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var uri = source.Uri;
        var key = uri.Scheme is "http" or "https" && uri.Key.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? uri.Key[..query] : uri.Key;
        foreach (var ending in Endings)
        {
            var beside = uri.WithKey(key + ending);
            try
            {
                if (await source.Options.Stores.Get(beside).ExistsAsync(beside, cancellationToken).ConfigureAwait(false))
                    return beside;
            }
            catch (AccessDeniedException)
            {
                // S3 says so of what is not there, to those who may not list.
            }
        }

        return null;
    }

    private static void RequireBgzf(CloudObject source)
    {
        if (source.Format is not VcfFormat { Container: VcfContainer.Bgzf })
            throw new UnsupportedFormatException(source.Uri.Display, $"tabix and CSI indexes are of VCF in BGZF, not of the format '{source.Format.Id}'", "Compress the text with bgzip: bcftools view -O z, or gzip -dc variants.vcf.gz | bgzip.");
    }
}
