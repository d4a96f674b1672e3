using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dataplug.Storage;

/// <summary>
/// What a file can't hold itself: media type and user metadata. They lie in a hidden file beside it whose name carries the
/// file's name, size and modification time, so that they belong to one version: a file that is written over by anyone loses
/// them, as an object does, and a tree that is moved, or copied with its times, keeps them.
/// </summary>
internal sealed record FileMetadata
{
    public static FileMetadata None { get; } = new();

    public string? ContentType { get; init; }

    public IReadOnlyDictionary<string, string> UserMetadata { get; init; } = new Dictionary<string, string>();

    [JsonIgnore]
    public bool IsEmpty => ContentType is null && UserMetadata.Count == 0;

    public static string PathFor(string path, FileVersion version) => FileStore.HiddenBeside(
        path, string.Create(CultureInfo.InvariantCulture, $"{FileStore.NameHash(path)}.{version.Size:x}-{version.ModifiedNanoseconds:x}.meta"));

    public static FileMetadata Load(string path, FileVersion version, string name)
    {
        var sidecar = PathFor(path, version);
        if (!File.Exists(sidecar))
            return None;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(sidecar), FileMetadataJson.Default.FileMetadata) ?? None;
        }
        catch (FileNotFoundException)
        {
            return None;
        }
        catch (JsonException exception)
        {
            throw new StorageException(name, $"the metadata file {sidecar} is damaged", "Delete it, or write the object again.", innerException: exception);
        }
    }

    public void Save(string path, FileVersion version)
    {
        if (!IsEmpty)
            File.WriteAllBytes(PathFor(path, version), JsonSerializer.SerializeToUtf8Bytes(this, FileMetadataJson.Default.FileMetadata));
    }
}

[JsonSerializable(typeof(FileMetadata))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class FileMetadataJson : JsonSerializerContext;
