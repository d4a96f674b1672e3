using System.Globalization;

namespace Dataplug.Storage;

/// <summary>One of the strings that an object's content is made of.</summary>
internal readonly record struct RedisChunk(string Name, int Size)
{
    /// <summary>The chunks as they are kept with the object; see <see cref="RedisScripts"/>.</summary>
    public static string List(IEnumerable<RedisChunk> chunks) =>
        string.Join(',', chunks.Select(chunk => string.Create(CultureInfo.InvariantCulture, $"{chunk.Name}:{chunk.Size}")));
}
