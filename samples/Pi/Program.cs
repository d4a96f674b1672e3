// Pi by Monte Carlo, in parallel: dotnet run --project samples/Pi -- --tasks 16 --points 1000000
using System.CommandLine;
using System.Globalization;
using Dataplug;
using Dataplug.Lithops;

var tasks = new Option<int>("--tasks") { Description = "How many tasks.", DefaultValueFactory = _ => 16 };
var points = new Option<int>("--points") { Description = "How many points each of them throws.", DefaultValueFactory = _ => 1_000_000 };
var seed = new Option<int>("--seed") { Description = "Other seeds throw other points.", DefaultValueFactory = _ => 1 };
var command = new RootCommand("Estimates pi by throwing points into a square.") { tasks, points, seed };
command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(tasks), parsed.GetRequiredValue(points), parsed.GetRequiredValue(seed), cancellationToken));

var arguments = command.Parse(args);
if (arguments.Errors is [var error, ..])
    return Fail(error.Message, exitCode: 2);
try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (DataplugException exception)
{
    return Fail(exception.Message, exitCode: 1);
}
catch (OperationCanceledException)
{
    return Fail("stopped.", exitCode: 130);
}

static int Fail(string problem, int exitCode)
{
    Console.Error.WriteLine("pi: " + problem.ReplaceLineEndings(" "));
    return exitCode;
}

static async Task<int> RunAsync(int tasks, int points, int seed, CancellationToken cancellationToken)
{
    if (tasks < 1 || points < 1)
        return Fail("--tasks and --points are numbers from 1 on.", exitCode: 2);

    #region pi
    await using var executor = FunctionExecutor.Open();
    var throws = Enumerable.Range(0, tasks).Select(task => new Throws(points, Stream: ((long)seed << 32) + task));
    var inside = await executor.MapReduceAsync(Circle.CountInside, throws, counts => counts.Sum(), cancellationToken: cancellationToken);
    var pi = 4.0 * inside / ((double)tasks * points);
    #endregion

    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(long)tasks * points:N0} points in {tasks} tasks on {executor.BackendName}: pi is about {pi:F8}, off by {Math.Abs(pi - Math.PI):F8}"));
    return 0;
}

/// <summary>What one task throws.</summary>
/// <param name="Points">How many points.</param>
/// <param name="Stream">Which stream of random numbers they are taken from.</param>
internal sealed record Throws(int Points, long Stream);

/// <summary>The quarter of the unit circle inside the unit square.</summary>
internal static class Circle
{
    /// <summary>Throws points into the square and counts those inside the circle. The same input gives the same count everywhere.</summary>
    public static long CountInside(Throws throws)
    {
        // SplitMix64 (Steele, Lea, Flood 2014); streams start far apart.
        var state = Mix((ulong)throws.Stream);
        var inside = 0L;
        for (var i = 0; i < throws.Points; i++)
        {
            var (x, y) = (Next(ref state), Next(ref state));
            if ((x * x) + (y * y) < 1)
                inside++;
        }

        return inside;
    }

    // 53 random bits as a number from 0 to 1, 1 excluded.
    private static double Next(ref ulong state) => (Mix(state += 0x9E3779B97F4A7C15) >> 11) * (1.0 / (1L << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
