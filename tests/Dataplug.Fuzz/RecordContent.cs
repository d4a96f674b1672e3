using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dataplug.Text;

namespace Dataplug.Fuzz;

/// <summary>
/// Content of records of three lines each, whatever is in them: sums up a hash of every record, so that two passes over the same
/// object give the same sum only if each record was seen once, whole.
/// </summary>
internal sealed class RecordContent : IGZipPartContent
{
    private const int LinesPerRecord = 3;
    private const ulong HashStart = 14695981039346656037;
    private const ulong HashFactor = 1099511628211;

    private State _state = new() { Hash = HashStart };

    // In the middle of an object: lines are passed over up to the first record.
    private bool _passesLines;

    private struct State
    {
        public long LineFeeds;
        public long RecordEnd;
        public long Records;
        public ulong Sum;
        public ulong Hash;
        public long IsInLine;
        public long IsInRecord;
    }

    public long LineFeeds => _state.LineFeeds;

    public bool IsAtLineStart => _state.IsInLine == 0;

    public long RecordEnd => _state.RecordEnd;

    public bool IsBetweenRecords => _passesLines || _state.IsInRecord == 0;

    public void BeginAt(long lineFeeds, bool isAtLineStart)
    {
        _state.LineFeeds = lineFeeds;
        _state.IsInLine = isAtLineStart ? 0 : 1;
        _passesLines = !isAtLineStart || lineFeeds % LinesPerRecord != 0;
    }

    public void Append(ReadOnlySpan<byte> content, in GZipPlace place)
    {
        for (var i = 0; i < content.Length; i++)
        {
            var isEnd = content[i] == (byte)'\n' && ++_state.LineFeeds % LinesPerRecord == 0;
            _state.IsInLine = content[i] == (byte)'\n' ? 0 : 1;
            if (!_passesLines)
            {
                _state.IsInRecord = 1;
                _state.Hash = (_state.Hash ^ content[i]) * HashFactor;
            }
            if (!isEnd)
                continue;
            if (!_passesLines)
                EndRecord(place.ContentOffset + i + 1);
            _passesLines = false;
        }
    }

    public void Complete(in GZipPlace place)
    {
        if (!_passesLines && _state.IsInRecord != 0)
            EndRecord(place.ContentOffset);
    }

    public void Save(IBufferWriter<byte> state) => state.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<State>(in _state)));

    public void Restore(ReadOnlySpan<byte> state) => _state = MemoryMarshal.Read<State>(state);

    public void Merge(ReadOnlySpan<byte> following)
    {
        var whole = _state;
        Restore(following);
        _state.Records += whole.Records;
        _state.Sum += whole.Sum;
        _state.RecordEnd = Math.Max(_state.RecordEnd, whole.RecordEnd);
    }

    public void WriteAttributes(Utf8JsonWriter attributes)
    {
        attributes.WriteNumber("records", _state.Records);
        attributes.WriteNumber("sum", _state.Sum);
        attributes.WriteNumber("end", _state.RecordEnd);
    }

    private void EndRecord(long end)
    {
        _state.Sum += _state.Hash * (ulong)(end | 1);
        _state.Hash = HashStart;
        _state.Records++;
        _state.RecordEnd = end;
        _state.IsInRecord = 0;
    }
}
