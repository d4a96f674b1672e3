using System.Text.Json.Serialization;
using Dataplug.Formats.Imzml.Xml;

namespace Dataplug.Formats.Imzml;

/// <summary>How the format's types are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ImzmlSlice))]
[JsonSerializable(typeof(ImzmlOptions))]
[JsonSerializable(typeof(ImzmlAttributes))]
[JsonSerializable(typeof(ImzmlHead))]
[JsonSerializable(typeof(List<SpectrumLayout>))]
internal sealed partial class ImzmlJson : JsonSerializerContext;
