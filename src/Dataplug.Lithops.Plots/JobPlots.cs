using Dataplug.Lithops.Plots;

namespace Dataplug.Lithops;

/// <summary>Pictures of jobs: a timeline with a line per task, and a histogram of how long its phases took.</summary>
public static class JobPlots
{
    /// <summary>Draws jobs of an executor.</summary>
    /// <param name="executor">The executor.</param>
    /// <param name="path">The file, a PNG or an SVG by its extension; one that is there is replaced.</param>
    /// <param name="jobs">The jobs; null for all that <see cref="FunctionExecutor.GetJobs"/> gives.</param>
    /// <exception cref="ArgumentException">The extension is neither <c>.png</c> nor <c>.svg</c>, or there is no job to draw.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Plot(this FunctionExecutor executor, string path, IEnumerable<JobRecord>? jobs = null)
    {
        ArgumentNullException.ThrowIfNull(executor);
        (jobs ?? executor.GetJobs()).Plot(path);
    }

    /// <summary>Draws the job of a map.</summary>
    /// <typeparam name="TResult">The type of one result.</typeparam>
    /// <param name="futures">The map; it may still be running.</param>
    /// <param name="path">The file, a PNG or an SVG by its extension; one that is there is replaced.</param>
    /// <exception cref="ArgumentException">The extension is neither <c>.png</c> nor <c>.svg</c>.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Plot<TResult>(this FutureList<TResult> futures, string path)
    {
        ArgumentNullException.ThrowIfNull(futures);
        new[] { futures.Record() }.Plot(path);
    }

    /// <summary>Draws jobs in one picture.</summary>
    /// <param name="jobs">The jobs, as they stood at one moment.</param>
    /// <param name="path">The file, a PNG or an SVG by its extension; one that is there is replaced.</param>
    /// <exception cref="ArgumentException">The extension is neither <c>.png</c> nor <c>.svg</c>, or there is no job to draw.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Plot(this IEnumerable<JobRecord> jobs, string path)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var format = JobPictureFormats.Of(path);
        var bytes = Render([.. jobs], format);
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Draws jobs in one picture.</summary>
    /// <param name="jobs">The jobs, as they stood at one moment.</param>
    /// <param name="format">What kind of picture.</param>
    /// <returns>The file's content.</returns>
    /// <exception cref="ArgumentException">There is no job to draw.</exception>
    public static byte[] Plot(this IEnumerable<JobRecord> jobs, JobPictureFormat format)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return Render([.. jobs], format);
    }

    private static byte[] Render(JobRecord[] jobs, JobPictureFormat format) =>
        jobs.Length == 0 ? throw new ArgumentException("There is no job to draw.", nameof(jobs)) : new JobPicture(jobs).Render(format);
}
