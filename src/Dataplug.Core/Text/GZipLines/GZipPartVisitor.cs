using Dataplug.Compression;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Shows a part of an object to the visitor of a whole one: what lies behind the part's end is passed over, but for the rest of the
/// record that began before it.
/// </summary>
internal sealed class GZipPartVisitor(GZipLineVisitor inner, IGZipPartContent content, ObjectUri uri, GzipPartStart start) : IGzipVisitor
{
    private long _output = start.At.Output;
    private long _end = long.MaxValue;
    private long _lastMarkOffset = start.At.Bit >> 3;
    private long _lineFeeds;
    private bool _isAtLineStart;

    /// <summary>Whether nothing more is needed than the scan's own end.</summary>
    public bool IsDone => _output >= _end && content.IsBetweenRecords;

    public void OnOutput(ReadOnlySpan<byte> output)
    {
        if (_end == long.MaxValue)
        {
            inner.OnOutput(output);
            _output += output.Length;
            return;
        }

        _lineFeeds += LineCounter.Count(output);
        _isAtLineStart = output[^1] == (byte)'\n';

        // Line by line, so as to end with the record.
        while (!output.IsEmpty && !content.IsBetweenRecords)
        {
            var line = output.IndexOf((byte)'\n') + 1;
            line = line == 0 ? output.Length : line;
            content.Append(output[..line], new GZipPlace(uri, _lastMarkOffset, _output));
            _output += line;
            output = output[line..];
        }
    }

    /// <summary>The output so far is all of the part's.</summary>
    public void EndPart()
    {
        _end = _output;
        _lineFeeds = content.LineFeeds;
        _isAtLineStart = content.IsAtLineStart;
    }

    public void OnMark(in InflateMark mark)
    {
        if (_end == long.MaxValue)
        {
            _lastMarkOffset = mark.CompressedByteOffset;
            inner.OnMark(mark);
        }
    }

    public void OnLeadInEnd(in InflateMark mark, long outputOffset)
    {
        if (_end == long.MaxValue)
            inner.OnLeadInEnd(mark, outputOffset);
        else if (mark.OutputOffset <= _end)
            inner.OnLeadInEnd(mark, outputOffset, GZipMarkColumns.PackLine(_lineFeeds, _isAtLineStart, isMemberStart: false));
    }

    public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state)
    {
        if (mark.OutputOffset <= _end)
            inner.OnAccessPoint(mark, window, state);
    }

    public void OnMember(GzipMember member)
    {
        if (_end == long.MaxValue)
            inner.OnMember(member);
    }
}
