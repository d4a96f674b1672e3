using Dataplug.Storage;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>A whole document, read by <see cref="DocumentReader"/>.</summary>
internal static class WholeDocument
{
    private const int StartLength = 4096;

    /// <summary>Reads it.</summary>
    /// <param name="source">The document.</param>
    /// <param name="problemAt">Where it was noticed that it can't be read byte by byte; told where it can't be read at all.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public static async Task<(ImzmlHead Head, SpectrumBuilder Builder)> ReadAsync(PinnedObject source, long? problemAt, CancellationToken cancellationToken)
    {
        var start = await source.ReadAsync(new ByteRange(0, Math.Min(StartLength, source.Size)), cancellationToken).ConfigureAwait(false);
        if (start.Length == 0)
            throw new CorruptObjectException(source.Uri.Display, "the document is empty", byteOffset: 0);
        try
        {
            using var reader = DocumentReader.Open(source.OpenRead(new ByteRange(0, source.Size), ReadAheadOptions.Default), start, source.Uri.Display);
            var head = await reader.ReadHeadAsync(cancellationToken).ConfigureAwait(false);
            var builder = new SpectrumBuilder(head.Groups, new SpectrumTable());
            await reader.ReadSpectraAsync(builder, cancellationToken).ConfigureAwait(false);
            return (head, builder);
        }
        catch (CorruptObjectException failure) when (failure.ByteOffset is null)
        {
            throw new CorruptObjectException(source.Uri.Display, failure.Problem, failure.Cure, problemAt, failure.InnerException);
        }
    }
}
