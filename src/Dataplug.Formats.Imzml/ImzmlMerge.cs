using Dataplug.Formats.Imzml.Xml;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>Puts the chunks of a document together, each of which must begin where the one before it ended.</summary>
internal sealed class ImzmlMerge
{
    private readonly long _size;
    private long _expected = -1;
    private bool _isBroken;

    /// <summary>Chunks of a document.</summary>
    /// <param name="size">Its size in bytes.</param>
    public ImzmlMerge(long size)
    {
        _size = size;
        Table = new SpectrumTable();
    }

    /// <summary>A document that was read as a whole.</summary>
    public ImzmlMerge(ImzmlHead head, SpectrumBuilder builder)
    {
        Head = head;
        Table = builder.Table;
        Contradictions = builder.Contradictions;
        IsComplete = true;
    }

    public ImzmlHead? Head { get; private set; }

    public SpectrumTable Table { get; }

    public SpectrumStatistics? Statistics { get; private set; }

    public long Contradictions { get; private set; }

    /// <summary>Whether all of the document was read, chunk by chunk.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Where it was noticed that the document must be read otherwise; null where that is not known.</summary>
    public long? ProblemAt { get; private set; }

    public void Add(ImzmlPartial partial, ByteRange chunk)
    {
        // What stands behind the list of spectra was read with it; and one spectrum may reach over several chunks.
        if (IsComplete || _isBroken || _expected >= chunk.End)
            return;
        Head ??= partial.Head;
        if (partial.Problem is not null || Head is null)
        {
            Break(partial.ProblemAt);
            return;
        }

        // The chunk in which the list begins reads from there on; those before it have nothing.
        if (_expected < 0 && chunk.End <= partial.ListStart && !partial.IsComplete && partial.Table is null)
            return;
        if (_expected >= 0 && partial.First != _expected)
        {
            Break(_expected);
            return;
        }

        if (partial.Table is { } table)
        {
            // As many as the document says, if that can be: a spectrum takes some hundred bytes.
            if (Table.Count == 0)
                Table.Expect(table, (int)Math.Min(Head.SpectrumCount ?? 0, Math.Min(int.MaxValue / 2, _size / 200)));
            Table.Append(table);
            if (partial.Statistics is { } statistics)
            {
                if (Statistics is null)
                    Statistics = statistics;
                else
                    Statistics.Append(statistics);
            }
        }

        Contradictions += partial.Contradictions;
        IsComplete = partial.IsComplete;
        _expected = partial.Next;
        if (!IsComplete && _expected < 0)
            Break(chunk.Offset);
    }

    private void Break(long? at)
    {
        _isBroken = true;
        ProblemAt = at;
    }
}
