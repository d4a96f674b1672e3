using System.Buffers;
using System.IO.Pipelines;

namespace Dataplug.Compression;

/// <summary>
/// Reads a gzip object once, from its first byte to its last, in bounded memory: verifies it, and reports its output, the places
/// where decoding can begin, and its members.
/// </summary>
/// <remarks>
/// <para>Any number of members, all fields of their headers (RFC 1952, section 2.3), CRC-32 and ISIZE verified. What
/// follows the last member is treated as gzip(1) treats it: zeros are ignored, and so is whatever does not begin as a member or
/// comes after zeros (<see cref="GzipScanResult.TrailingBytes"/>). An object of 0 bytes is an error: no gzip object is empty.</para>
/// <para>Of other <see cref="DeflateContainer">containers</see> there is one stream, whose end is the end of the data; no member
/// is reported.</para>
/// <para>The data are refused when and only when zlib's inflate refuses them (RFC 1951). What is wrong is thrown as
/// <see cref="CorruptObjectException"/> with the byte offset where it was seen; some of the output before it may not have been
/// delivered.</para>
/// <para>Marks, access points and members do not depend on the sizes of the pieces in which the input comes.</para>
/// </remarks>
public static class GzipScanner
{
    private const int ReadLength = 512 << 10;
    private const int ReadHeadroom = 1 << 10;

    /// <summary>Scans a gzip object that comes from a pipe.</summary>
    /// <param name="input">The object's bytes; on resuming those from <see cref="InflateMark.CompressedByteOffset"/> of the state's
    /// mark on. It is completed by the caller.</param>
    /// <param name="visitor">Receives what is found.</param>
    /// <param name="options">Spacings, and the object's name.</param>
    /// <param name="resumeFrom">Goes on after this access point; the visitor then gets what an unbroken scan would have reported
    /// after the access point's <see cref="IGzipVisitor.OnMark"/>, bar that access point itself.</param>
    /// <param name="progress">Told now and then how many compressed bytes of the object are done.</param>
    /// <param name="cancellationToken">Looked at for every piece of input and output.</param>
    /// <exception cref="CorruptObjectException">The object is not gzip, damaged, or cut short.</exception>
    /// <exception cref="CorruptIndexException"><paramref name="resumeFrom"/> contradicts itself.</exception>
    public static async Task<GzipScanResult> ScanAsync<TVisitor>(PipeReader input, TVisitor visitor, GzipScanOptions options, GzipScanState? resumeFrom = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
        where TVisitor : IGzipVisitor
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(visitor);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var scan = new GzipScan<TVisitor>(visitor, options, resumeFrom, cancellationToken);
        // Pieces are put together in a buffer: a step of the decoder wants contiguous input.
        var buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        try
        {
            var length = 0;
            for (; ; )
            {
                var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
                var rest = read.Buffer;
                while (!rest.IsEmpty)
                {
                    var part = rest.Slice(0, Math.Min(rest.Length, buffer.Length - length));
                    part.CopyTo(buffer.AsSpan(length));
                    length += (int)part.Length;
                    rest = rest.Slice(part.End);
                    var consumed = scan.Push(buffer.AsSpan(0, length));
                    length -= consumed;
                    buffer.AsSpan(consumed, length).CopyTo(buffer);
                    progress?.Report(scan.InputPosition);
                }
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return scan.End(length);
                if (read.IsCanceled)
                    throw new OperationCanceledException("The pipe's pending read was cancelled.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Scans a gzip object that comes from a stream, reading ahead while it decodes.</summary>
    /// <param name="input">The object's bytes; on resuming those from <see cref="InflateMark.CompressedByteOffset"/> of the state's
    /// mark on. It is left open. Reads are up to 512 KiB long, so it needs no buffer of its own.</param>
    /// <param name="visitor">Receives what is found.</param>
    /// <param name="options">Spacings, and the object's name.</param>
    /// <param name="resumeFrom">Goes on after this access point; the visitor then gets what an unbroken scan would have reported
    /// after the access point's <see cref="IGzipVisitor.OnMark"/>, bar that access point itself.</param>
    /// <param name="progress">Told now and then how many compressed bytes of the object are done.</param>
    /// <param name="cancellationToken">Looked at for every piece of input and output.</param>
    /// <exception cref="CorruptObjectException">The object is not gzip, damaged, or cut short.</exception>
    /// <exception cref="CorruptIndexException"><paramref name="resumeFrom"/> contradicts itself.</exception>
    public static async Task<GzipScanResult> ScanAsync<TVisitor>(Stream input, TVisitor visitor, GzipScanOptions options, GzipScanState? resumeFrom = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
        where TVisitor : IGzipVisitor
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(visitor);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.Speculation is not null || options.Workers > 1)
            return await ScanOnCoresAsync(input, visitor, options, resumeFrom, progress, cancellationToken).ConfigureAwait(false);

        using var scan = new GzipScan<TVisitor>(visitor, options, resumeFrom, cancellationToken);
        // Two buffers take turns: one is read into while the other is decoded. What a piece leaves unconsumed is copied into the
        // headroom before the next piece, so that the piece itself never moves.
        var current = ArrayPool<byte>.Shared.Rent(ReadHeadroom + ReadLength);
        var next = ArrayPool<byte>.Shared.Rent(ReadHeadroom + ReadLength);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pending = FillAsync(input, current, reading.Token);
        try
        {
            var start = ReadHeadroom;
            for (; ; )
            {
                var length = await pending.ConfigureAwait(false);
                var end = ReadHeadroom + length;
                var isLast = length < ReadLength;
                if (!isLast)
                    pending = FillAsync(input, next, reading.Token);
                start += scan.Push(current.AsSpan(start, end - start));
                progress?.Report(scan.InputPosition);
                if (isLast)
                    return scan.End(end - start);
                var left = end - start;
                var headroom = ReadHeadroom - left;
                // The next piece is being read behind its headroom, which is free.
                current.AsSpan(start, left).CopyTo(next.AsSpan(headroom));
                start = headroom;
                (current, next) = (next, current);
            }
        }
        finally
        {
            // After a failure a read may be under way and still write into its buffer: wait for its end before the buffer goes back.
            await reading.CancelAsync().ConfigureAwait(false);
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(current);
            ArrayPool<byte>.Shared.Return(next);
        }
    }

    /// <summary>One thread decodes, the others decode ahead; from three on, one of them shows the visitor what there is.</summary>
    private static async Task<GzipScanResult> ScanOnCoresAsync<TVisitor>(Stream input, TVisitor visitor, GzipScanOptions options, GzipScanState? resumeFrom, IProgress<long>? progress, CancellationToken cancellationToken)
        where TVisitor : IGzipVisitor
    {
        if (options.Speculation is null && options.Workers == 2)
            return await ScanAheadAsync(input, visitor, options, new SpeculationOptions { Workers = 1 }, resumeFrom, progress, cancellationToken).ConfigureAwait(false);
        using var pipelined = new PipelinedVisitor<TVisitor>(visitor);
        try
        {
            var speculation = options.Speculation ?? new SpeculationOptions { Workers = options.Workers - 2 };
            var result = await ScanAheadAsync(input, pipelined, options, speculation, resumeFrom, progress, cancellationToken).ConfigureAwait(false);
            pipelined.Complete();
            return result;
        }
        catch (CorruptObjectException)
        {
            // What the visitor has still to see comes before the damage, and so does what it may throw.
            pipelined.Complete();
            throw;
        }
    }

    private static async Task<GzipScanResult> ScanAheadAsync<TVisitor>(Stream input, TVisitor visitor, GzipScanOptions options, SpeculationOptions speculation, GzipScanState? resumeFrom, IProgress<long>? progress, CancellationToken cancellationToken)
        where TVisitor : IGzipVisitor
    {
        using var scan = new GzipScan<TVisitor>(visitor, options, resumeFrom, cancellationToken);
        using var ahead = new SpeculativeScan<TVisitor>(scan, speculation);
        return await ahead.RunAsync(input, progress, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> FillAsync(Stream input, byte[] buffer, CancellationToken cancellationToken) =>
        await input.ReadAtLeastAsync(buffer.AsMemory(ReadHeadroom, ReadLength), ReadLength, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
}
