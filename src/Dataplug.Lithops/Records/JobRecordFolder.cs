using System.Text.Json;
using Dataplug.Lithops.Records;

namespace Dataplug.Lithops;

/// <summary>
/// A folder in which executors keep a record of each job (<see cref="ExecutorOptions.JobRecords"/>), a file of JSON each, for other processes to
/// look at. Files appear whole or not at all.
/// </summary>
public sealed class JobRecordFolder
{
    // Of a client on another machine nothing is known but that it writes every half minute.
    private static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(5);

    /// <summary>Names a folder, which need not be there.</summary>
    /// <param name="path">Its path.</param>
    public JobRecordFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = System.IO.Path.GetFullPath(path);
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>The folder <c>jobs</c> of this user: below DATAPLUG_HOME, else below the user's data folder.</summary>
    /// <param name="environment">Looks variables up; null for those of the process.</param>
    /// <returns>Null when this user has no data folder.</returns>
    public static JobRecordFolder? OfUser(Func<string, string?>? environment = null) =>
        StorageConfiguration.Home(environment ?? Environment.GetEnvironmentVariable) is { } home ? new JobRecordFolder(System.IO.Path.Combine(home, "jobs")) : null;

    /// <summary>All records, the latest jobs first. Jobs whose client is gone are <see cref="JobState.Lost"/>.</summary>
    /// <param name="refused">Is told the path of each file that can't be read, and why; null to leave them out silently.</param>
    public IReadOnlyList<JobRecord> List(Action<string, string>? refused = null)
    {
        var jobs = new List<JobRecord>();
        if (!Directory.Exists(Path))
            return jobs;
        foreach (var file in Directory.EnumerateFiles(Path, "*.json"))
        {
            try
            {
                if (Read(file) is { } job)
                    jobs.Add(job);
            }
            catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
            {
                refused?.Invoke(file, exception.Message);
            }
        }

        jobs.Sort((one, other) => (other.Submitted, other.Id).CompareTo((one.Submitted, one.Id)));
        return jobs;
    }

    /// <summary>The record of one job.</summary>
    /// <param name="id">The job's id.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="JsonException">The file is no record.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public JobRecord? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return IsId(id) ? Read(FileOf(id, ".json")) : null;
    }

    /// <summary>Asks the executor that runs a job to cancel it. It looks for that once a second.</summary>
    /// <param name="id">The job's id.</param>
    /// <returns>False when there is no such job, or none that runs.</returns>
    /// <exception cref="IOException">The folder can't be written to.</exception>
    public bool RequestCancel(string id)
    {
        if (Find(id) is not { State: JobState.Running })
            return false;
        File.WriteAllBytes(FileOf(id, ".cancel"), []);
        return true;
    }

    /// <summary>Deletes a record. One of a job that runs comes again.</summary>
    /// <param name="id">The job's id.</param>
    /// <returns>False when there is none.</returns>
    /// <exception cref="IOException">The folder can't be written to.</exception>
    public bool Delete(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var file = IsId(id) ? FileOf(id, ".json") : null;
        if (file is null || !File.Exists(file))
            return false;
        File.Delete(file);
        File.Delete(FileOf(id, ".cancel"));
        File.Delete(FileOf(id, ".tmp"));
        return true;
    }

    internal void Write(JobRecord job)
    {
        // What tasks log is nobody else's business.
        if (!Directory.Exists(Path))
            _ = OperatingSystem.IsWindows() ? Directory.CreateDirectory(Path) : Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var temporary = FileOf(job.Id, ".tmp");
        using (var stream = File.Create(temporary))
            JsonSerializer.Serialize(stream, job, JobRecordJson.Default.JobRecord);
        File.Move(temporary, FileOf(job.Id, ".json"), overwrite: true);
    }

    internal bool IsCancelRequested(string id) => File.Exists(FileOf(id, ".cancel"));

    internal void ForgetCancel(string id) => File.Delete(FileOf(id, ".cancel"));

    private static JobRecord? Read(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var job = JsonSerializer.Deserialize(stream, JobRecordJson.Default.JobRecord);
            return job is { State: JobState.Running } && IsLost(job) ? job with { State = JobState.Lost } : job;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static bool IsLost(JobRecord job) =>
        job.Client?.IsRunning() is { } running ? !running : DateTimeOffset.UtcNow - job.Updated > LostAfter;

    // An id is part of a path: nothing else than what executors make.
    private static bool IsId(string id) => id.Length is > 0 and <= 100 && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');

    private string FileOf(string id, string extension) => System.IO.Path.Combine(Path, id + extension);
}
