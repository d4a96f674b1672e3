using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Dataplug.Cli.Output;

/// <summary>The JSON that <c>--json</c> writes. Properties are only ever added; docs/cli.md lists them.</summary>
internal static class JsonText
{
    private static readonly JsonContracts Contracts = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        // It is read by programs and never put into a web page; people like to see 'é' and '+' as such.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Of<T>(T value) =>
        JsonSerializer.Serialize(value, (JsonTypeInfo<T>?)Contracts.GetTypeInfo(typeof(T)) ?? throw new NotSupportedException(typeof(T).Name));
}

[JsonSerializable(typeof(IReadOnlyList<FormatAnswer>))]
[JsonSerializable(typeof(InspectAnswer))]
[JsonSerializable(typeof(PreprocessAnswer))]
[JsonSerializable(typeof(PartitionAnswer))]
[JsonSerializable(typeof(IReadOnlyList<CatalogAnswer>))]
[JsonSerializable(typeof(RebuildAnswer))]
[JsonSerializable(typeof(ImportAnswer))]
[JsonSerializable(typeof(ForeignImportAnswer))]
[JsonSerializable(typeof(CleanAnswer))]
[JsonSerializable(typeof(StoredAnswer))]
[JsonSerializable(typeof(IReadOnlyList<StoredAnswer>))]
[JsonSerializable(typeof(DeletedAnswer))]
[JsonSerializable(typeof(IReadOnlyList<RuntimeAnswer>))]
[JsonSerializable(typeof(DemoAnswer))]
[JsonSerializable(typeof(HelloAnswer))]
[JsonSerializable(typeof(IReadOnlyList<JobAnswer>))]
[JsonSerializable(typeof(JobDetailAnswer))]
[JsonSerializable(typeof(IReadOnlyList<JobLineAnswer>))]
[JsonSerializable(typeof(JobCancelAnswer))]
[JsonSerializable(typeof(JobCleanAnswer))]
[JsonSerializable(typeof(JobPlotAnswer))]
internal sealed partial class JsonContracts : JsonSerializerContext;
