namespace Dataplug.Text;

/// <summary>CSV and its kin: the way in.</summary>
public static class Csv
{
    /// <summary>The format, with everything about the dialect detected.</summary>
    public static CsvFormat Format { get; } = new(new CsvOptions());

    /// <summary>The format where some of the dialect is known and not to be guessed.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public static CsvFormat With(CsvOptions options) => new(options);
}
