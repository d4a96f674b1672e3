using System.IO.MemoryMappedFiles;
using System.Text;

namespace Dataplug.Fuzz;

/// <summary>
/// What is being run just now, in a file mapped into memory: so that it survives the process that it ends, and that another process
/// sees one that does not end.
/// </summary>
internal sealed class CurrentInput : IDisposable
{
    private const int HeaderLength = 64;
    private const int Length = HeaderLength + (1 << 20);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public CurrentInput(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Length);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Executions begun.</summary>
    public long Executions => _view.ReadInt64(0);

    /// <summary>Notes an execution's beginning.</summary>
    public void Begin(string target, byte[] input)
    {
        _view.Write(8, input.Length);
        Span<byte> name = stackalloc byte[HeaderLength - 12];
        name.Clear();
        Encoding.ASCII.GetBytes(target, name);
        _view.SafeMemoryMappedViewHandle.WriteSpan(12, (ReadOnlySpan<byte>)name);
        _view.SafeMemoryMappedViewHandle.WriteSpan(HeaderLength, (ReadOnlySpan<byte>)input);
        _view.Write(0, Executions + 1);
    }

    /// <summary>The execution that was begun last.</summary>
    public (string Target, byte[] Input) Last
    {
        get
        {
            var name = new byte[HeaderLength - 12];
            _view.ReadArray(12, name, 0, name.Length);
            var input = new byte[_view.ReadInt32(8)];
            _view.ReadArray(HeaderLength, input, 0, input.Length);
            return (Encoding.ASCII.GetString(name).TrimEnd('\0'), input);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
