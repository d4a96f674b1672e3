using Dataplug.Compression;

namespace Dataplug.Text;

/// <summary>What one part of an object leaves for the merge beside its marks and windows.</summary>
/// <param name="End">Its end.</param>
/// <param name="FirstMember">The header of the first member that is wholly in it, as JSON; empty where there is none.</param>
/// <param name="Bgzf">What such members say about BGZF.</param>
/// <param name="ContentState">What the content's instance saved.</param>
internal sealed record GZipLinePart(GzipPartEnd End, byte[] FirstMember, BgzfSight Bgzf, byte[] ContentState)
{
    /// <summary>The part as bytes.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            End.Write(writer);
            writer.Write7BitEncodedInt(FirstMember.Length);
            writer.Write(FirstMember);
            writer.Write((byte)Bgzf);
            writer.Write(ContentState);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="CorruptIndexException">The bytes are no part.</exception>
    public static GZipLinePart FromBytes(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
            var end = GzipPartEnd.Read(reader);
            var firstMember = reader.ReadBytes(reader.Read7BitEncodedInt());
            var bgzf = (BgzfSight)reader.ReadByte();
            return new GZipLinePart(end, firstMember, bgzf, reader.ReadBytes((int)(reader.BaseStream.Length - reader.BaseStream.Position)));
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or ArgumentException)
        {
            throw GZipLinePartial.Reader.Corrupt();
        }
    }
}
