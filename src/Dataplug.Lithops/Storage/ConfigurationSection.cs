using System.Globalization;

namespace Dataplug.Lithops;

/// <summary>The keys below one key of a configuration file, read by type. What is read last is told by <see cref="Done"/>: any other
/// key is an error, for it is a misspelt one.</summary>
internal sealed class ConfigurationSection(string file, string path, IReadOnlyDictionary<string, ConfigurationValue> members)
{
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);

    public string File => file;

    public ConfigurationSection? Section(string key) => Find(key) is not { } value ? null
        : value.Members is { } inner ? new ConfigurationSection(file, Full(key), inner) : throw Wrong(key, value, "has keys of its own below it");

    public string? Text(string key) => Find(key) is not { } value ? null
        : value is { Kind: ConfigurationKind.Quoted or ConfigurationKind.Plain, Text: { Length: > 0 } text } ? text : throw Wrong(key, value, "is a text");

    public bool? Truth(string key) => Find(key) is not { } value ? null
        : value is { Kind: ConfigurationKind.Bare or ConfigurationKind.Plain, Text: "true" or "false" } ? value.Text == "true" : throw Wrong(key, value, "is true or false");

    /// <summary>A whole number of at least 1.</summary>
    public int? Count(string key) => Find(key) is not { } value ? null
        : value.Kind is ConfigurationKind.Bare or ConfigurationKind.Plain && int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number : throw Wrong(key, value, "is a whole number from 1 on");

    /// <summary>A time in seconds, more than none and at most a day.</summary>
    public TimeSpan? Seconds(string key) => Find(key) is not { } value ? null
        : value.Kind is ConfigurationKind.Bare or ConfigurationKind.Plain && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 86_400
            ? TimeSpan.FromSeconds(seconds) : throw Wrong(key, value, "is a number of seconds, up to a day");

    /// <summary>Takes keys for known ones that are of no use now.</summary>
    public void Allow(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            _known.Add(key);
    }

    /// <exception cref="ConfigurationException">There are keys that nobody has asked for.</exception>
    public void Done()
    {
        foreach (var (key, value) in members)
        {
            if (!_known.Contains(key))
                throw new ConfigurationException(Place(value), Full(key), "there is no such key", "Keys here: " + string.Join(", ", _known) + ".");
        }
    }

    /// <summary>An error about a value of this section.</summary>
    public ConfigurationException Refuse(string key, string problem, Exception? innerException = null) =>
        new(members.TryGetValue(key, out var value) ? Place(value) : file, Full(key), problem, innerException: innerException);

    private ConfigurationValue? Find(string key)
    {
        _known.Add(key);
        return members.TryGetValue(key, out var value) && value.Kind != ConfigurationKind.Null ? value : null;
    }

    // Not the value itself, which may be a secret.
    private ConfigurationException Wrong(string key, ConfigurationValue value, string expected) => new(Place(value), Full(key), "this key " + expected);

    private string Full(string key) => path.Length == 0 ? key : path + "." + key;

    private string Place(ConfigurationValue value) => string.Create(CultureInfo.InvariantCulture, $"{file} (line {value.Line})");
}
