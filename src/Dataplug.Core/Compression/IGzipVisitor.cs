namespace Dataplug.Compression;

/// <summary>
/// Receives what a <see cref="GzipScanner"/> finds, in the order of the object, on one thread at a time.
/// </summary>
/// <remarks>An exception thrown by a visitor ends the scan and reaches the scan's caller unchanged. Use a class: a struct would
/// be copied, and what it collects would be lost.</remarks>
public interface IGzipVisitor
{
    /// <summary>The next decompressed bytes, still hot in the processor's cache.</summary>
    /// <param name="output">At least one byte; valid only during the call.</param>
    void OnOutput(ReadOnlySpan<byte> output);

    /// <summary>
    /// A place where decoding can begin. All output before <see cref="InflateMark.OutputOffset"/> has been delivered, and none
    /// after it. The first mark is the start of the first member; each later one is at least
    /// <see cref="GzipScanOptions.MarkSpacing"/> bytes of output after the one before.
    /// </summary>
    /// <param name="mark">The place.</param>
    void OnMark(in InflateMark mark);

    /// <summary>
    /// The lead-in of an access point ends: with its <see cref="OnAccessPoint"/>, which comes later, output can be had from here on.
    /// All output before this place has been delivered, and none after it. Not called where
    /// <see cref="GzipScanOptions.LeadIn"/> is 0, nor for access points at members' starts.
    /// </summary>
    /// <param name="mark">The access point; it was a mark before.</param>
    /// <param name="outputOffset">Bytes of output before this place: those before the mark and the lead-in, or to the member's end
    /// where that comes first.</param>
    void OnLeadInEnd(in InflateMark mark, long outputOffset)
    {
    }

    /// <summary>
    /// An access point: a mark together with all that is needed to begin there. It is reported later than the
    /// <see cref="OnMark"/> of the same place, because the bytes of the window that matter are known only after the lead-in and
    /// the next 32 KiB of output (or the member's end); access points come in the order of their marks. At the start of a member it follows its
    /// mark at once.
    /// </summary>
    /// <param name="mark">The place; it was a mark before.</param>
    /// <param name="window">Empty at a member's start; else the min(32768, output of the member so far) bytes before
    /// the place, with 0 for those that do not matter when <see cref="GzipScanOptions.SparseWindows"/> is set. Valid only during
    /// the call.</param>
    /// <param name="state">From here a scan that was broken off can be resumed; it may be kept.</param>
    void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state);

    /// <summary>A member has ended, its output has been delivered, and its CRC-32 and length have been verified.</summary>
    /// <param name="member">The member.</param>
    void OnMember(GzipMember member);
}
