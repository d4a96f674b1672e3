using System.Globalization;

namespace Samples.Metaspace;

/// <summary>Runs the stages, and says how long each takes.</summary>
internal sealed class Stages(TextWriter output)
{
    private readonly List<Stage> _done = [];

    /// <summary>Those that have ended, in their order.</summary>
    public IReadOnlyList<Stage> Done => _done;

    /// <summary>Runs one stage and writes its row.</summary>
    /// <param name="name">The stage's name; jobs of the stage have the same.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="describe">Says in a few words what it made.</param>
    public async Task<T> RunAsync<T>(string name, Func<Task<T>> stage, Func<T, string> describe)
    {
        var started = DateTimeOffset.UtcNow;
        var result = await stage();
        var done = new Stage(name, started, DateTimeOffset.UtcNow, describe(result));
        _done.Add(done);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name,-9} {(done.Ended - done.Started).TotalSeconds,8:F2} s  {done.Made}"));
        return result;
    }
}

/// <summary>A stage that has ended.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Started">When it began.</param>
/// <param name="Ended">When it ended.</param>
/// <param name="Made">What it made, in a few words.</param>
internal sealed record Stage(string Name, DateTimeOffset Started, DateTimeOffset Ended, string Made);
