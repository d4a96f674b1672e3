using System.Diagnostics;
using System.Globalization;

namespace Samples.TeraSort;

/// <summary>Runs the stages, and says how long each takes.</summary>
internal sealed class Stages(TextWriter output)
{
    /// <summary>Runs one stage and writes its row.</summary>
    /// <param name="name">The stage's name.</param>
    /// <param name="bytes">The bytes of the records that it makes, moves or reads; null where it is not about all of them.</param>
    /// <param name="stage">The stage.</param>
    public async Task<T> RunAsync<T>(string name, long? bytes, Func<Task<T>> stage)
    {
        var watch = Stopwatch.StartNew();
        var result = await stage();
        var seconds = watch.Elapsed.TotalSeconds;
        var speed = bytes is { } all ? string.Create(CultureInfo.InvariantCulture, $"{all / 1e6 / seconds,10:F1} MB/s") : "";
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name,-8} {seconds,9:F2} s{speed}"));
        return result;
    }
}
