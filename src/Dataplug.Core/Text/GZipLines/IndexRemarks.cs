using System.Globalization;
using System.Text.Json;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>Writes what was odd about an object into the attributes of its index: for programs each as a property of its own, for
/// people all as sentences in <c>warnings</c>.</summary>
/// <param name="json">The attributes' object, open.</param>
internal sealed class IndexRemarks(Utf8JsonWriter json)
{
    private readonly List<string> _warnings = [];

    /// <summary>The object is damaged and indexed up to its damage.</summary>
    public void AddSalvage(SalvageEnd salvage)
    {
        var damage = salvage.Damage;
        json.WriteStartObject("salvage");
        json.WriteNumber("storedEnd", salvage.StoredEnd);
        json.WriteNumber("contentEnd", salvage.ContentEnd);
        json.WriteNumber("verifiedContentEnd", salvage.VerifiedEnd);
        json.WriteString("problem", damage.Problem);
        if (damage.ByteOffset is { } offset)
            json.WriteNumber("byteOffset", offset);
        if (damage.MemberNumber is { } number)
            json.WriteNumber("member", number);
        if (damage.MemberOffset is { } memberOffset)
            json.WriteNumber("memberOffset", memberOffset);
        json.WriteEndObject();
        Add($"the object is damaged at byte {damage.ByteOffset}: {damage.Problem}; the index ends before it, after {salvage.ContentEnd} bytes of content, of which the first {salvage.VerifiedEnd} are proven by checksums");
    }

    /// <summary>Bytes after the compressed data are ignored.</summary>
    public void AddTrailingBytes(ByteRange trailing)
    {
        json.WriteStartObject("trailingBytes");
        json.WriteNumber("offset", trailing.Offset);
        json.WriteNumber("length", trailing.Length);
        json.WriteEndObject();
        Add($"{trailing.Length} bytes from byte {trailing.Offset} on, after the end of the compressed data, were ignored");
    }

    /// <summary>All of the object is BGZF.</summary>
    public void AddBgzfEndMarker(bool isThere)
    {
        json.WriteBoolean("bgzfEndMarker", isThere);
        if (!isThere)
            Add($"the BGZF end-of-file block is missing: the object may have been cut short between two blocks");
    }

    /// <summary>Another warning.</summary>
    public void Add(FormattableString warning) => _warnings.Add(warning.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes the warnings, if there are any.</summary>
    public void Complete()
    {
        if (_warnings.Count == 0)
            return;
        json.WriteStartArray("warnings");
        foreach (var warning in _warnings)
            json.WriteStringValue(warning);
        json.WriteEndArray();
    }
}
