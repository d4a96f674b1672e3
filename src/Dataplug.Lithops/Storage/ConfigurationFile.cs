using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dataplug.Lithops;

/// <summary><c>dataplug.json</c>, <c>dataplug.yaml</c> or <c>dataplug.yml</c>: where it is looked for, and what it says.</summary>
internal static class ConfigurationFile
{
    /// <summary>The variable that names a file outright.</summary>
    public const string Variable = "DATAPLUG_CONFIG";

    private static readonly string[] Names = ["dataplug.json", "dataplug.yaml", "dataplug.yml"];

    /// <summary>The file that counts: the one that is named outright, else the first that is found in the directories; null for none.</summary>
    /// <exception cref="ConfigurationException">The named one is not there, or a directory has two.</exception>
    public static string? Find(IEnumerable<string> directories, Func<string, string?> environment)
    {
        if (environment(Variable) is { Length: > 0 } named)
            return File.Exists(named) ? Path.GetFullPath(named) : throw new ConfigurationException("environment", Variable, $"there is no file '{named}'");
        foreach (var directory in directories)
        {
            var found = Names.Select(name => Path.Combine(directory, name)).Where(File.Exists).ToList();
            if (found.Count > 1)
                throw new ConfigurationException(found[0], null, $"{Path.GetFileName(found[1])} lies beside it, and only one can count", "Keep one of them.");
            if (found.Count == 1)
                return found[0];
        }

        return null;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ConfigurationException">It can't be read, or is no JSON or YAML.</exception>
    public static ConfigurationSection Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(path, null, $"the file can't be read: {exception.Message.TrimEnd('.')}", innerException: exception);
        }

        var root = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ReadJson(path, bytes) : ReadYaml(path, bytes);
        return root.Kind switch
        {
            ConfigurationKind.Section => new ConfigurationSection(path, "", root.Members!),
            ConfigurationKind.Null => new ConfigurationSection(path, "", new Dictionary<string, ConfigurationValue>()),
            _ => throw new ConfigurationException(path, null, "the file holds no keys with values"),
        };
    }

    private static ConfigurationValue ReadJson(string path, byte[] bytes)
    {
        try
        {
            var text = bytes.AsSpan();
            if (text.StartsWith(Encoding.UTF8.Preamble))
                text = text[Encoding.UTF8.Preamble.Length..];
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            reader.Read();
            var value = ReadJson(path, text, ref reader);
            while (reader.Read())
            {
                // Nothing may follow; the reader says so.
            }

            return value;
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException($"{path} (line {exception.LineNumber + 1})", null, "this is no JSON", innerException: exception);
        }
    }

    private static ConfigurationValue ReadJson(string path, ReadOnlySpan<byte> text, ref Utf8JsonReader reader)
    {
        var line = text[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1L;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new Dictionary<string, ConfigurationValue>(StringComparer.Ordinal);
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = reader.GetString()!;
                    var nameLine = text[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1L;
                    reader.Read();
                    if (!members.TryAdd(name, ReadJson(path, text, ref reader)))
                        throw Twice(path, nameLine, name);
                }

                return new ConfigurationValue(line, null, ConfigurationKind.Section, members);
            case JsonTokenType.StartArray:
                reader.Skip();
                return new ConfigurationValue(line, null, ConfigurationKind.List, null);
            case JsonTokenType.String:
                return new ConfigurationValue(line, reader.GetString(), ConfigurationKind.Quoted, null);
            case JsonTokenType.Null:
                return new ConfigurationValue(line, null, ConfigurationKind.Null, null);
            default:
                return new ConfigurationValue(line, Encoding.UTF8.GetString(reader.ValueSpan), ConfigurationKind.Bare, null);
        }
    }

    private static ConfigurationValue ReadYaml(string path, byte[] bytes)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StreamReader(new MemoryStream(bytes), new UTF8Encoding(false, throwOnInvalidBytes: true)));
            return stream.Documents.Count switch
            {
                0 => new ConfigurationValue(1, null, ConfigurationKind.Null, null),
                1 => ReadYaml(path, stream.Documents[0].RootNode),
                _ => throw new ConfigurationException(path, null, "the file holds several YAML documents, and only one can count"),
            };
        }
        catch (YamlException exception)
        {
            throw new ConfigurationException($"{path} (line {exception.Start.Line})", null, $"this is no YAML: {exception.Message.TrimEnd('.')}", innerException: exception);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ConfigurationException(path, null, "this is no UTF-8", innerException: exception);
        }
    }

    private static ConfigurationValue ReadYaml(string path, YamlNode node)
    {
        var line = node.Start.Line;
        switch (node)
        {
            case YamlMappingNode mapping:
                var members = new Dictionary<string, ConfigurationValue>(StringComparer.Ordinal);
                foreach (var (key, value) in mapping.Children)
                {
                    if (key is not YamlScalarNode { Value: { } name })
                        throw new ConfigurationException($"{path} (line {key.Start.Line})", null, "a key is no text");
                    if (!members.TryAdd(name, ReadYaml(path, value)))
                        throw Twice(path, key.Start.Line, name);
                }

                return new ConfigurationValue(line, null, ConfigurationKind.Section, members);
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" }:
                return new ConfigurationValue(line, null, ConfigurationKind.Null, null);
            case YamlScalarNode scalar:
                return new ConfigurationValue(line, scalar.Value, scalar.Style == ScalarStyle.Plain ? ConfigurationKind.Plain : ConfigurationKind.Quoted, null);
            default:
                return new ConfigurationValue(line, null, ConfigurationKind.List, null);
        }
    }

    private static ConfigurationException Twice(string path, long line, string name) => new($"{path} (line {line})", name, "the key is given twice");
}
