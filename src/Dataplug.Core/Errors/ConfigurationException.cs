namespace Dataplug;

/// <summary>A configuration file, an environment variable or an option says something that can't be used.</summary>
public sealed class ConfigurationException : DataplugException
{
    /// <summary>Creates the exception; its message names the place, the key and the problem.</summary>
    /// <param name="place">The file, with the line where it is known, or <c>environment</c>; null for options set in code.</param>
    /// <param name="key">The key, as in <c>storage.s3.region</c>, or the variable's name; null when the whole file is meant.</param>
    /// <param name="problem">What is wrong, as a clause.</param>
    /// <param name="cure">What to do, or null for the usual advice.</param>
    /// <param name="innerException">The cause, or null.</param>
    public ConfigurationException(string? place, string? key, string problem, string? cure = null, Exception? innerException = null)
        : base(place, key is null ? problem : $"{key}: {problem}", cure ?? "docs/storage.md lists what can be configured.", innerException: innerException)
    {
        Key = key;
    }

    /// <summary>The key or variable that is wrong; null when the whole file is meant. The file is <see cref="DataplugException.ObjectName"/>.</summary>
    public string? Key { get; }
}
