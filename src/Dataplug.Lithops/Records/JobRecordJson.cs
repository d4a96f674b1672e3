using System.Text.Json.Serialization;

namespace Dataplug.Lithops.Records;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(JobRecord))]
internal sealed partial class JobRecordJson : JsonSerializerContext;
