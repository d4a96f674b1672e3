using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dataplug.Formats.Geo;

/// <summary>A run of points.</summary>
/// <param name="First">The number of its first point in the object, from 0.</param>
/// <param name="Count">How many, ≥ 1.</param>
public readonly record struct LasRun(long First, long Count);

/// <summary>Runs as short text, so that a slice of many stays small: <c>0+4096,81920+8192</c>.</summary>
internal sealed class LasRunsConverter : JsonConverter<IReadOnlyList<LasRun>>
{
    public override IReadOnlyList<LasRun> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var runs = new List<LasRun>();
        var end = 0L;
        foreach (var part in (reader.GetString() ?? throw new JsonException("no runs")).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var plus = part.IndexOf('+', StringComparison.Ordinal);
            if (plus < 0
                || !long.TryParse(part.AsSpan(0, plus), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !long.TryParse(part.AsSpan(plus + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                || first < end || count < 1 || count > long.MaxValue - first)
            {
                throw new JsonException($"'{part}' is no run of points");
            }

            runs.Add(new LasRun(first, count));
            end = first + count;
        }

        return runs;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<LasRun> value, JsonSerializerOptions options)
    {
        var text = new StringBuilder();
        foreach (var run in value)
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "," : "")}{run.First}+{run.Count}");
        writer.WriteStringValue(text.ToString());
    }
}
