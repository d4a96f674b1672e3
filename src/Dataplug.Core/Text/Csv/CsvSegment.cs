namespace Dataplug.Text;

/// <summary>
/// What is known of a run of bytes of a CSV object under one possibility; offsets are from the start of the object, numbers
/// from the start of the run. Runs put together in order give what is known of the whole.
/// </summary>
internal sealed class CsvSegment
{
    private long _delimiters;

    /// <summary>Creates an empty run.</summary>
    public CsvSegment(MarkGrid grid)
    {
        Marks = new MarkList(grid);
    }

    /// <summary>Row starts.</summary>
    public long Rows { get; private set; }

    /// <summary>Offset of the first row start; −1 when there is none.</summary>
    public long FirstRowStart { get; private set; } = -1;

    /// <summary>Offset of the second row start; −1 when there is none.</summary>
    public long SecondRowStart { get; private set; } = -1;

    /// <summary>Offset of the last row start; −1 when there is none.</summary>
    public long LastRowStart { get; private set; } = -1;

    /// <summary>Delimiters before the first row start; 0 when there is none.</summary>
    public long HeadDelimiters { get; private set; }

    /// <summary>Bytes, line end included, of the longest row that starts and ends in the run.</summary>
    public long LongestRow { get; private set; }

    /// <summary>Fewest fields of a row that ends in the run; <see cref="long.MaxValue"/> when none does.</summary>
    public long MinFields { get; private set; } = long.MaxValue;

    /// <summary>Most fields of a row that ends in the run.</summary>
    public long MaxFields { get; private set; }

    /// <summary>Rows that end in the run and don't have the expected number of fields.</summary>
    public long RaggedRows { get; private set; }

    /// <summary>Offset of the quote that opened the last quoted field; −1 when none is opened in the run.</summary>
    public long OpenQuote { get; set; } = -1;

    /// <summary>The first row start of every cell.</summary>
    public MarkList Marks { get; private set; }

    /// <summary>Counts delimiters after the last row start.</summary>
    public void AddDelimiters(int count) => _delimiters += count;

    /// <summary>A row starts, and the one before it is whole.</summary>
    public void StartRow(long position, long expectedFields)
    {
        if (Rows == 0)
        {
            FirstRowStart = position;
            HeadDelimiters = _delimiters;
        }
        else
        {
            if (Rows == 1)
                SecondRowStart = position;
            EndRow(position, _delimiters, expectedFields);
        }

        LastRowStart = position;
        _delimiters = 0;
        if (position >= Marks.NextCell)
            Marks.Add(position, Rows);
        Rows++;
    }

    /// <summary>Adds the run that comes next.</summary>
    public void Append(CsvSegment next, long expectedFields)
    {
        Marks.AddAll(next.Marks, Rows);
        if (next.Rows > 0)
        {
            if (Rows == 0)
            {
                FirstRowStart = next.FirstRowStart;
                SecondRowStart = next.SecondRowStart;
                HeadDelimiters = _delimiters + next.HeadDelimiters;
            }
            else
            {
                if (Rows == 1)
                    SecondRowStart = next.FirstRowStart;
                EndRow(next.FirstRowStart, _delimiters + next.HeadDelimiters, expectedFields);
            }

            LongestRow = Math.Max(LongestRow, next.LongestRow);
            MinFields = Math.Min(MinFields, next.MinFields);
            MaxFields = Math.Max(MaxFields, next.MaxFields);
            RaggedRows += next.RaggedRows;
            LastRowStart = next.LastRowStart;
            _delimiters = next._delimiters;
            Rows += next.Rows;
        }
        else
        {
            _delimiters += next._delimiters;
        }

        if (next.OpenQuote >= 0)
            OpenQuote = next.OpenQuote;
    }

    /// <summary>The last row ends with the object.</summary>
    public void End(long size, long expectedFields)
    {
        if (Rows > 0)
            EndRow(size, _delimiters, expectedFields);
    }

    /// <summary>Writes the run.</summary>
    public void Write(BinaryWriter writer)
    {
        foreach (var number in (ReadOnlySpan<long>)
            [Rows, FirstRowStart + 1, SecondRowStart + 1, LastRowStart + 1, HeadDelimiters, LongestRow, MaxFields == 0 ? 0 : MinFields, MaxFields, RaggedRows, OpenQuote + 1, _delimiters])
        {
            writer.Write7BitEncodedInt64(number);
        }

        Marks.Write(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static CsvSegment Read(BinaryReader reader, MarkGrid grid)
    {
        var segment = new CsvSegment(grid)
        {
            Rows = reader.Read7BitEncodedInt64(),
            FirstRowStart = reader.Read7BitEncodedInt64() - 1,
            SecondRowStart = reader.Read7BitEncodedInt64() - 1,
            LastRowStart = reader.Read7BitEncodedInt64() - 1,
            HeadDelimiters = reader.Read7BitEncodedInt64(),
            LongestRow = reader.Read7BitEncodedInt64(),
            MinFields = reader.Read7BitEncodedInt64() is var min and > 0 ? min : long.MaxValue,
            MaxFields = reader.Read7BitEncodedInt64(),
            RaggedRows = reader.Read7BitEncodedInt64(),
            OpenQuote = reader.Read7BitEncodedInt64() - 1,
        };
        segment._delimiters = reader.Read7BitEncodedInt64();
        segment.Marks = MarkList.Read(reader, grid);
        return segment;
    }

    private void EndRow(long end, long delimiters, long expectedFields)
    {
        var fields = delimiters + 1;
        LongestRow = Math.Max(LongestRow, end - LastRowStart);
        MinFields = Math.Min(MinFields, fields);
        MaxFields = Math.Max(MaxFields, fields);
        if (expectedFields > 0 && fields != expectedFields)
            RaggedRows++;
    }
}
