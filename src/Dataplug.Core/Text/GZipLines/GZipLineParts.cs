using Dataplug.Compression;

namespace Dataplug.Text;

/// <summary>Puts together what the parts of an object know, in order.</summary>
/// <param name="content">A new instance of the format's content, which becomes that of the whole.</param>
/// <param name="source">The object's name for messages.</param>
internal sealed class GZipLineParts(IGZipPartContent content, string source)
{
    private readonly GzipPartSums _sums = new(source);
    private GZipLinePart? _last;
    private byte[] _firstMember = [];
    private BgzfSight _bgzf;

    /// <summary>The totals of the whole; null when there was no part.</summary>
    public GZipLinePartial.Entry? Totals
    {
        get
        {
            if (_last is null)
                return null;
            var totals = new GZipLinePartial.Builder();
            new GZipLineTotals(content, _sums.Output, _sums.Members, _firstMember, _bgzf, _last.End.TrailingBytes).AddTo(totals);
            return new GZipLinePartial(totals.ToBytes()).TryRead(out var entry) ? entry : null;
        }
    }

    /// <summary>Adds the next part.</summary>
    /// <exception cref="CorruptObjectException">A member that reaches over several parts is damaged.</exception>
    public void Add(GZipLinePart part)
    {
        if (_sums.Add(part.End) is { } member)
        {
            if (_firstMember.Length == 0)
                _firstMember = GZipLineVisitor.Describe(member);
            _bgzf = _bgzf.With(member);
        }

        if (_firstMember.Length == 0)
            _firstMember = part.FirstMember;
        _bgzf = _bgzf.Then(part.Bgzf);
        if (_last is null)
            content.Restore(part.ContentState);
        else
            content.Merge(part.ContentState);
        _last = part;
    }
}
