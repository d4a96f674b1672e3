using System.Globalization;

namespace Dataplug.Cli.Output;

/// <summary>Numbers as people read them: decimal units, three digits.</summary>
internal static class ByteText
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>A number of bytes: <c>999 B</c>, <c>1.50 kB</c>, <c>12.3 MB</c>.</summary>
    public static string Size(double bytes)
    {
        var unit = 0;
        // 999.5 would be shown as 1000.
        while (bytes >= 999.5 && unit < Units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }

        var format = unit == 0 || bytes >= 99.95 ? "0" : bytes >= 9.995 ? "0.0" : "0.00";
        return bytes.ToString(format, CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>A part of a whole: <c>0.213 %</c>.</summary>
    public static string Percent(double part, double whole) =>
        whole <= 0 ? "0 %" : (100 * part / whole).ToString(part < whole ? "0.###" : "0", CultureInfo.InvariantCulture) + " %";

    /// <summary>A whole number with separators: <c>1,234,567</c>.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A span of time: <c>0.42 s</c>, <c>12.3 s</c>, <c>2:05</c>, <c>1:02:05</c>.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + " s",
        < 99.5 => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        _ => Clock(time),
    };

    /// <summary>A time that runs down, in whole seconds: <c>12 s</c>, <c>2:05</c>, <c>1:02:05</c>.</summary>
    public static string Countdown(TimeSpan time) => time.TotalSeconds < 59.5
        ? Math.Round(time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + " s"
        : Clock(TimeSpan.FromSeconds(Math.Round(time.TotalSeconds)));

    private static string Clock(TimeSpan time) => time.TotalHours < 1
        ? time.ToString(@"m\:ss", CultureInfo.InvariantCulture)
        : ((long)time.TotalHours).ToString(CultureInfo.InvariantCulture) + time.ToString(@"\:mm\:ss", CultureInfo.InvariantCulture);
}
