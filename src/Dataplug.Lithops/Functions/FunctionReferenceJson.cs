using System.Text.Json.Serialization;

namespace Dataplug.Lithops.Functions;

[JsonSerializable(typeof(FunctionReference))]
internal sealed partial class FunctionReferenceJson : JsonSerializerContext;
