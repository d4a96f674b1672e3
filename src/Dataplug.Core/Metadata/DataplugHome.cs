using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>
/// The folder of one user on one machine: catalog, local indexes, locks and unfinished runs.
/// </summary>
/// <remarks>
/// <c>catalog.db</c> the catalog; <c>indexes/</c> sidecars; <c>locks/</c> files that are locked while an object is
/// preprocessed (they are empty, and stay); <c>runs/</c> what unfinished runs have done; <c>tmp/</c> sidecars being written.
/// </remarks>
internal sealed class DataplugHome
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "DATAPLUG_HOME";

    private const string Cure = "Free some space or make the folder writable, or name another one in DATAPLUG_HOME.";

    private DataplugHome(string path) => Path = path;

    public string Path { get; }

    public string CatalogPath => System.IO.Path.Combine(Path, "catalog.db");

    public string IndexesPath => System.IO.Path.Combine(Path, "indexes");

    public string LocksPath => System.IO.Path.Combine(Path, "locks");

    public string RunsPath => System.IO.Path.Combine(Path, "runs");

    public string TemporaryPath => System.IO.Path.Combine(Path, "tmp");

    /// <summary>The folder that the options name, else <c>DATAPLUG_HOME</c>, else <c>dataplug</c> in the user's data folder
    /// (<c>$XDG_DATA_HOME</c> or <c>~/.local/share</c> on Linux). Nothing is made yet.</summary>
    /// <exception cref="StorageException">There is no such folder because the user has none.</exception>
    public static DataplugHome Of(MetadataOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var path = options.Home;
        if (string.IsNullOrEmpty(path))
            path = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(path))
        {
            var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            if (string.IsNullOrEmpty(data))
                throw new StorageException(null, "there is no data folder for this user", "Name a folder in DATAPLUG_HOME.");
            path = System.IO.Path.Combine(data, "dataplug");
        }

        return new DataplugHome(System.IO.Path.GetFullPath(path));
    }

    /// <summary>Does something to files of the folder, and says what to do when the disk is full or the folder not writable.</summary>
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, e);
        }
    }

    /// <inheritdoc cref="Guard{T}(string, Func{T})"/>
    public static async Task<T> GuardAsync<T>(string path, Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, e);
        }
    }

    public static StorageException Unwritable(string path, Exception cause) =>
        new(path, $"the metadata folder can't be used: {cause.Message.TrimEnd('.')}", Cure, innerException: cause);

    /// <summary>Makes a folder below the home, for this user alone: indexes speak of data that may not be public.</summary>
    public static string Ensure(string folder) => Guard(folder, () =>
    {
        if (!Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    });

    /// <summary>Where the sidecar of an object is when it is kept in the home folder.</summary>
    public ObjectUri SidecarOf(SourceName source, string formatId)
    {
        var name = source.Uri.Name;
        Span<char> readable = stackalloc char[Math.Min(name.Length, 60)];
        for (var i = 0; i < readable.Length; i++)
            readable[i] = char.IsAsciiLetterOrDigit(name[i]) || name[i] is '.' or '-' or '_' ? name[i] : '_';
        var prefix = readable.Length == 0 ? "object" : readable[0] == '.' ? "_" + readable[1..].ToString() : readable.ToString();
        return ObjectUri.ForFile(System.IO.Path.Combine(IndexesPath, $"{prefix}-{source.HashWith(formatId)}.{formatId}.dpi"));
    }
}
