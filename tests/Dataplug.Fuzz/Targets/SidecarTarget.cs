using Dataplug.Conformance.Storage;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Fuzz.Targets;

/// <summary>An index sidecar, read whole: every section and blob comes, or a typed refusal does.</summary>
internal sealed class SidecarTarget : IFuzzTarget
{
    private static readonly ObjectUri Place = ObjectUri.Parse("mem://meta/a.dpi");

    private readonly ObjectStores _stores = MemoryObjectStore.Stores(new MemoryObjectStore("meta"));

    public string Name => "sidecar";

    public InputKind Kind => InputKind.Sidecar;

    public string Run(byte[] input, Random random)
    {
        var store = _stores.Get(Place);
        store.PutAsync(Place, input, PutOptions.Overwrite).GetAwaiter().GetResult();
        SidecarHeader? front = null;
        try
        {
            front = SidecarReader.ReadHeaderAsync(_stores, Place).GetAwaiter().GetResult();
        }
        catch (CorruptIndexException)
        {
            // The front may be damaged and the end good, in sidecars larger than their tail.
        }
        try
        {
            var reader = SidecarReader.OpenAsync(_stores, Place).GetAwaiter().GetResult();
            if (input.Length <= 64 << 10 && (front is null || !front.Equals(reader.Header)))
                throw new FuzzFinding("the front and the end tell different headers, and it does not mind");
            foreach (var section in reader.Sections)
                Read(reader, section);
            return "accepted";
        }
        catch (CorruptIndexException refusal)
        {
            return GzipRules.Outcome(refusal).Split('\'')[0];
        }
    }

    /// <summary>Asks for a section as each of its three kinds; all but one are refused.</summary>
    private void Read(SidecarReader reader, string section)
    {
        var refusals = new List<CorruptIndexException>();
        Try(() => reader.ReadSectionAsync(section).GetAwaiter().GetResult());
        Try(() => reader.ReadColumnAsync(section).GetAwaiter().GetResult());
        Try(() =>
        {
            var blobs = reader.ReadBlobTableAsync(section).GetAwaiter().GetResult();
            for (var i = 0; i < blobs.Count; i++)
                blobs[i].LoadAsync(_stores).GetAwaiter().GetResult();
        });
        if (refusals.Count > 2)
            throw refusals.First(refusal => !refusal.Problem.Contains(", not ", StringComparison.Ordinal));
        if (refusals.Count < 2)
            throw new FuzzFinding($"the section '{section}' is of two kinds");

        void Try(Action read)
        {
            try
            {
                read();
            }
            catch (CorruptIndexException refusal)
            {
                refusals.Add(refusal);
            }
        }
    }
}
