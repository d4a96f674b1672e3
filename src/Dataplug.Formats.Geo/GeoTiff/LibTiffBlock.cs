using System.Buffers.Binary;
using BitMiracle.LibTiff.Classic;

namespace Dataplug.Formats.Geo;

/// <summary>
/// Decodes one block by BitMiracle.LibTiff.NET, which knows TIFFs and no blocks: the block is handed over as a TIFF of one strip in
/// memory. For LZW and CCITT, whose decoders are long.
/// </summary>
internal static class LibTiffBlock
{
    private static readonly object[] Nothing = [];

    // Only warnings to the library, which makes up what is missing.
    private static readonly string[] Shortages = ["Not enough data", "Premature EOF"];

    // The library has one handler of errors for the whole process, which prints by default. Ours keeps what its own blocks say, and
    // leaves everything else to whatever was there.
    static LibTiffBlock()
    {
        var mine = new MessageKeeper();
        mine.Others = Tiff.SetErrorHandler(mine);
    }

    /// <summary>Decompresses LZW: bytes, whatever the samples are.</summary>
    public static void DecodeLzw(ReadOnlySpan<byte> stored, byte[] raw, Func<string, CorruptObjectException> corrupt) => Decode(
        [
            TiffValue.Longs(TiffTag.ImageWidth, (uint)raw.Length),
            TiffValue.Longs(TiffTag.ImageLength, 1),
            TiffValue.Shorts(TiffTag.BitsPerSample, 8),
            TiffValue.Shorts(TiffTag.Compression, TiffCompression.Lzw),
            TiffValue.Shorts(TiffTag.Photometric, 1),
        ],
        stored, raw, corrupt);

    /// <summary>Decompresses CCITT RLE and fax to rows of bits.</summary>
    public static void DecodeCcitt(RasterLayout layout, TiffProfile profile, ReadOnlySpan<byte> stored, int rows, byte[] raw, Func<string, CorruptObjectException> corrupt) => Decode(
        [
            TiffValue.Longs(TiffTag.ImageWidth, (uint)layout.BlockWidth),
            TiffValue.Longs(TiffTag.ImageLength, (uint)rows),
            TiffValue.Shorts(TiffTag.BitsPerSample, 1),
            TiffValue.Shorts(TiffTag.Compression, layout.Compression),
            TiffValue.Shorts(TiffTag.Photometric, layout.Photometric is 0 or 1 ? layout.Photometric : 1),
            TiffValue.Shorts(TiffTag.FillOrder, layout.IsBitReversed ? 2 : 1),
            .. new[] { profile.Find(TiffTag.T4Options), profile.Find(TiffTag.T6Options) }.OfType<TiffValue>(),
        ],
        stored, raw, corrupt);

    private static void Decode(IReadOnlyList<TiffValue> values, ReadOnlySpan<byte> stored, byte[] raw, Func<string, CorruptObjectException> corrupt)
    {
        List<TiffValue> all =
        [
            .. values,
            TiffValue.Shorts(TiffTag.SamplesPerPixel, 1),
            TiffValue.Longs(TiffTag.RowsPerStrip, BinaryPrimitives.ReadUInt32LittleEndian(values[1].Bytes)),
            TiffValue.Shorts(TiffTag.PlanarConfiguration, 1),
        ];
        var head = TiffDirectoryWriter.WriteOneStrip(all, stored.Length);
        var file = new byte[head.Length + stored.Length];
        head.CopyTo(file, 0);
        stored.CopyTo(file.AsSpan(head.Length));

        var messages = new List<string>();
        int decoded;
        try
        {
            using var tiff = Tiff.ClientOpen("block", "r", messages, new MemoryTiff(file)) ?? throw corrupt(Describe("can't be read", messages));
            decoded = tiff.ReadEncodedStrip(0, raw, 0, raw.Length);
        }
        catch (Exception failure) when (failure is not (DataplugException or OutOfMemoryException))
        {
            // Damage shows as exceptions of all kinds, as of indexes out of range.
            var refusal = corrupt(Describe("can't be decompressed", messages));
            throw new CorruptObjectException(refusal.ObjectName, refusal.Problem, refusal.Cure, refusal.ByteOffset, failure);
        }

        if (decoded != raw.Length || messages.Count > 0)
            throw corrupt(Describe("can't be decompressed", messages));
    }

    private static string Describe(string what, List<string> messages) => messages.Count == 0 ? "a block " + what : $"a block {what}: {messages[0].Trim().TrimEnd('.')}";

    private sealed class MemoryTiff(byte[] file) : TiffStream
    {
        private int _position;

        public override int Read(object clientData, byte[] buffer, int offset, int count)
        {
            var length = Math.Max(0, Math.Min(count, file.Length - _position));
            file.AsSpan(_position, length).CopyTo(buffer.AsSpan(offset));
            _position += length;
            return length;
        }

        public override void Write(object clientData, byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(object clientData, long offset, SeekOrigin origin)
        {
            var to = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => _position + offset, _ => file.Length + offset };
            return _position = (int)Math.Clamp(to, 0, file.Length);
        }

        public override void Close(object clientData)
        {
        }

        public override long Size(object clientData) => file.Length;
    }

    private sealed class MessageKeeper : TiffErrorHandler
    {
        public TiffErrorHandler? Others { get; set; }

        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args)
        {
            if (tif?.Clientdata() is not List<string>)
                Others?.ErrorHandler(tif!, method, format, args);
        }

        public override void ErrorHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
            if (clientData is List<string> messages)
                messages.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args ?? Nothing));
            else
                Others?.ErrorHandlerExt(tif, clientData, method, format, args);
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args)
        {
            if (tif?.Clientdata() is not List<string>)
                Others?.WarningHandler(tif!, method, format, args);
        }

        public override void WarningHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
            if (clientData is not List<string> messages)
                Others?.WarningHandlerExt(tif, clientData, method, format, args);
            else if (Array.Exists(Shortages, shortage => format.Contains(shortage, StringComparison.Ordinal)))
                messages.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args ?? Nothing));
        }
    }
}
