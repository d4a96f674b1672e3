using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Preprocessing;

/// <summary>The laws on the toy formats: what they find is wrong with the runner, the front door or the laws themselves.</summary>
public abstract class ToyLaws(bool isStreaming) : FormatLaws<LinesIndex>
{
    protected override DataFormat<LinesIndex> Format { get; } = new LinesFormat(chunk: 7, isStreaming);

    protected override string FileName => "toy.lines";

    // The toy cuts anywhere, so its records are bytes.
    protected override Gen<byte[]> Objects { get; } = Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf();

    protected override Gen<StrategyCall> Strategies { get; } =
        Gen.Choose(1, 9).Select(count => new StrategyCall("by-count", ("count", count.ToString(System.Globalization.CultureInfo.InvariantCulture))));

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new MemoryLawStore());

    protected override byte[] Decode(byte[] stored) => stored;

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => [.. content.Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture))];

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice) => DecodeRecords(await SliceBytes.ReadAsync(slice));

    protected override long OverreadAllowance(LinesIndex index) => 0;

    private sealed class MemoryLawStore : LawStore
    {
        public MemoryLawStore()
        {
            Requests = new RecordingObjectStore(new MemoryObjectStore("laws"));
            Stores = MemoryObjectStore.Stores(Requests);
        }

        public override int Cases => 8;

        public override ObjectStores Stores { get; }

        public override RecordingObjectStore Requests { get; }

        protected override ObjectUri NewUri(string name) => ObjectUri.ForContainer("mem", "laws", name);
    }
}

public sealed class ChunkedToyLaws() : ToyLaws(isStreaming: false);

public sealed class StreamedToyLaws() : ToyLaws(isStreaming: true);
