using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Dataplug.Metadata;

namespace Dataplug.Preprocessing;

/// <summary>
/// What an unfinished run has done, on disk: one file per partial result and one for the state of a streaming pass. Each is
/// written whole or not at all, carries a checksum and the fingerprint of the run; whatever is damaged or of another run
/// (another version of the object, other parameters, another build of the plugin) is thrown away, never trusted.
/// </summary>
internal sealed class RunFolder
{
    private const int HeaderLength = 28;
    private const string FingerprintName = "run.json";
    private const string StateName = "state.bin";
    private const uint StateIndex = uint.MaxValue;

    private readonly ulong _fingerprint;

    private RunFolder(string path, ulong fingerprint)
    {
        Path = path;
        _fingerprint = fingerprint;
    }

    public string Path { get; }

    private static ReadOnlySpan<byte> Magic => "DPRUN\0\0\x01"u8;

    /// <summary>Opens the folder of a run; the caller holds the run's lock.</summary>
    /// <param name="path">The folder; made where it is missing, emptied where it is of another run.</param>
    /// <param name="fingerprint">Everything that the partial results depend on.</param>
    public static RunFolder Open(string path, string fingerprint)
    {
        var expected = Encoding.UTF8.GetBytes(fingerprint);
        var name = System.IO.Path.Combine(path, FingerprintName);
        return DataplugHome.Guard(path, () =>
        {
            var isSame = File.Exists(name) && File.ReadAllBytes(name).AsSpan().SequenceEqual(expected);
            if (!isSame && Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            DataplugHome.Ensure(path);
            foreach (var left in Directory.EnumerateFiles(path, "*.tmp"))
                File.Delete(left);
            var folder = new RunFolder(path, XxHash3.HashToUInt64(expected));
            if (!isSame)
                WriteAtomically(name, expected);
            return folder;
        });
    }

    /// <summary>Removes a run's folder, whether or not there is one.</summary>
    public static bool Delete(string path) => DataplugHome.Guard(path, () =>
    {
        if (!Directory.Exists(path))
            return false;
        Directory.Delete(path, recursive: true);
        return true;
    });

    public void Delete() => Delete(Path);

    /// <summary>Throws everything away but the fingerprint.</summary>
    public void Clear() => DataplugHome.Guard(Path, () =>
    {
        foreach (var file in Directory.EnumerateFiles(Path, "*.bin"))
            File.Delete(file);
        return true;
    });

    public void WritePartial(int index, ReadOnlySpan<byte> content) => Write(PartialName(index), (uint)index, content);

    /// <summary>Whether a partial result is there and good. A bad one is removed.</summary>
    public bool HasPartial(int index) => TryRead(PartialName(index), (uint)index, out _);

    /// <summary>A partial result that was there before.</summary>
    /// <exception cref="StorageException">It is gone or damaged by now.</exception>
    public ReadOnlyMemory<byte> ReadPartial(int index) =>
        TryRead(PartialName(index), (uint)index, out var content)
            ? content
            : throw new StorageException(PartialName(index), "a partial result of this run is gone or damaged", "Preprocess again; only this part is done again.");

    public void WriteState(StreamingState state)
    {
        var bytes = new byte[13 + state.Resume.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, state.Partials);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), state.BytesDone);
        bytes[12] = state.IsComplete ? (byte)1 : (byte)0;
        state.Resume.CopyTo(bytes.AsMemory(13));
        Write(System.IO.Path.Combine(Path, StateName), StateIndex, bytes);
    }

    /// <summary>The last checkpoint, if it and all partial results before it are good. Otherwise the folder is emptied.</summary>
    public StreamingState? ReadState()
    {
        if (TryRead(System.IO.Path.Combine(Path, StateName), StateIndex, out var content) && content.Length >= 13)
        {
            var span = content.Span;
            var state = new StreamingState(
                BinaryPrimitives.ReadInt32LittleEndian(span),
                BinaryPrimitives.ReadInt64LittleEndian(span[4..]),
                span[12] != 0,
                content[13..]);
            if (state.Partials >= 0 && Enumerable.Range(0, state.Partials).All(HasPartial))
                return state;
        }

        Clear();
        return null;
    }

    private string PartialName(int index) => System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"partial-{index:d8}.bin"));

    private void Write(string name, uint index, ReadOnlySpan<byte> content)
    {
        var bytes = new byte[HeaderLength + content.Length + 8];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), _fingerprint);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), index);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(20), content.Length);
        content.CopyTo(bytes.AsSpan(HeaderLength));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        DataplugHome.Guard(Path, () =>
        {
            WriteAtomically(name, bytes);
            return true;
        });
    }

    private bool TryRead(string name, uint index, out ReadOnlyMemory<byte> content)
    {
        content = default;
        if (!File.Exists(name))
            return false;
        var bytes = DataplugHome.Guard(Path, () => new FileInfo(name).Length <= Array.MaxLength ? File.ReadAllBytes(name) : []);
        if (bytes.Length >= HeaderLength + 8
            && bytes.AsSpan().StartsWith(Magic)
            && BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)) == _fingerprint
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(16)) == index
            && BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(20)) == bytes.Length - HeaderLength - 8
            && BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8)) == XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)))
        {
            content = bytes.AsMemory(HeaderLength, bytes.Length - HeaderLength - 8);
            return true;
        }

        DataplugHome.Guard(Path, () =>
        {
            File.Delete(name);
            return true;
        });
        return false;
    }

    // Temporary file, forced to the disk, renamed: after a kill or a loss of power there is the old file or the new one.
    private static void WriteAtomically(string name, byte[] bytes)
    {
        var temporary = name + ".tmp";
        using (var handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(handle, bytes, 0);
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(temporary, name, overwrite: true);
    }
}

/// <summary>The last checkpoint of a streaming pass.</summary>
/// <param name="Partials">The number of partial results so far.</param>
/// <param name="BytesDone">Bytes of the object done.</param>
/// <param name="IsComplete">Whether the pass reached the end of the object.</param>
/// <param name="Resume">What the preprocessor goes on from.</param>
internal sealed record StreamingState(int Partials, long BytesDone, bool IsComplete, ReadOnlyMemory<byte> Resume);
