using System.Text;

namespace Dataplug.Core.Tests.Text.Csv;

/// <summary>CSV read byte by byte, by the plainest code.</summary>
internal sealed class PlainCsv
{
    private readonly List<byte> _field = [];
    private readonly List<string> _row = [];
    private readonly Encoding _encoding;

    public PlainCsv(byte[] text, char delimiter = ',', char? quote = '"', Encoding? encoding = null)
    {
        _encoding = encoding ?? Encoding.UTF8;
        var start = text is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        var (fieldStart, rowStart, quoted) = (true, true, false);
        for (var i = start; i < text.Length; i++)
        {
            var b = text[i];
            if (quoted)
            {
                if (b != quote)
                {
                    _field.Add(b);
                }
                else if (i + 1 < text.Length && text[i + 1] == quote)
                {
                    _field.Add(b);
                    i++;
                }
                else
                {
                    quoted = false;
                }

                continue;
            }

            if (rowStart)
            {
                // Blank lines are no rows.
                if (b is (byte)'\n' or (byte)'\r')
                    continue;
                RowStarts.Add(i);
                rowStart = false;
            }

            if (fieldStart && b == quote)
            {
                quoted = true;
                OpenQuote = i;
                fieldStart = false;
            }
            else if (b == delimiter)
            {
                EndField();
                fieldStart = true;
            }
            else if (b is (byte)'\n' or (byte)'\r')
            {
                EndField();
                EndRow();
                (fieldStart, rowStart) = (true, true);
            }
            else
            {
                _field.Add(b);
                fieldStart = false;
            }
        }

        Unterminated = quoted;
        if (!rowStart)
        {
            EndField();
            EndRow();
        }
    }

    public List<long> RowStarts { get; } = [];

    public List<string[]> Rows { get; } = [];

    public bool Unterminated { get; }

    public long OpenQuote { get; } = -1;

    private void EndField()
    {
        _row.Add(_encoding.GetString([.. _field]));
        _field.Clear();
    }

    private void EndRow()
    {
        Rows.Add([.. _row]);
        _row.Clear();
    }
}
