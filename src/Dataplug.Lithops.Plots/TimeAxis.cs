using System.Globalization;

namespace Dataplug.Lithops.Plots;

/// <summary>The unit that an axis of time is in, so that its numbers stay short.</summary>
internal readonly record struct TimeAxis(string Unit, double PerSecond)
{
    public static TimeAxis For(TimeSpan longest) => longest.TotalSeconds switch
    {
        < 2 => new TimeAxis("ms", 1000),
        < 600 => new TimeAxis("s", 1),
        < 36_000 => new TimeAxis("min", 1 / 60.0),
        _ => new TimeAxis("h", 1 / 3600.0),
    };

    public double Of(TimeSpan time) => time.TotalSeconds * PerSecond;

    /// <summary>A power of ten of a second as people say it.</summary>
    public static string Decade(int exponent) => exponent switch
    {
        < -3 => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, exponent + 6):0.###} µs"),
        < 0 => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, exponent + 3):0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, exponent):#,0} s"),
    };

    /// <summary>A length of time in the title.</summary>
    public static string Text(TimeSpan time) => time.TotalSeconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min"),
    };
}
