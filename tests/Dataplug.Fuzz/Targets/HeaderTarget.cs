using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>The reader of gzip headers, whole and in pieces: complete, unfinished or wrong where zlib says so.</summary>
internal sealed class HeaderTarget : IFuzzTarget
{
    // An empty fixed block, and the CRC-32 and length of nothing.
    private static readonly byte[] EmptyRest = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly GuardedMemory _input = new(1 << 20);

    public string Name => "header";

    public InputKind Kind => InputKind.Gzip;

    public string Run(byte[] input, Random random)
    {
        var whole = Read(input, input.Length, random);
        var pieces = Read(input, Math.Max(1, random.Next(4) switch { 0 => 1, 1 => 5, _ => 100 }), random);
        if (whole.IsDone != pieces.IsDone || whole.Problem != pieces.Problem || whole.At != pieces.At || whole.IsDone && whole.Consumed != pieces.Consumed || !Same(whole.Member, pieces.Member))
            throw new FuzzFinding($"whole it says {whole}, in pieces {pieces}");
        if (whole.IsDone)
        {
            if (Zlib.Gunzip([.. input.AsSpan(0, whole.Consumed), .. EmptyRest]) is { Refusal: { } refusal })
                throw new FuzzFinding($"it takes a header of {whole.Consumed} bytes that zlib refuses ('{refusal}')");
            return "complete";
        }
        if (whole.Problem is not { } problem)
            return Zlib.IsCutShort(Zlib.Gunzip(input)) ? "unfinished" : throw new FuzzFinding("it waits for more of a header that zlib does not wait for");
        if (problem.Contains("is longer than", StringComparison.Ordinal))
            return "allowed: a text of more than 64 KiB";
        // Zlib looks at two bytes at a time, hence the zeros.
        var zlib = Zlib.Gunzip([.. input, .. new byte[16]]);
        return zlib.Refusal is not null && !Zlib.IsCutShort(zlib) ? "refused: " + problem.Split("method")[0] : throw new FuzzFinding($"it refuses ('{problem}') what zlib takes");
    }

    private static bool Same(GzipMember? one, GzipMember? other) =>
        one is null || other is null ? one is null && other is null
        : one.ExtraField.Span.SequenceEqual(other.ExtraField.Span) && (one with { ExtraField = default }) == (other with { ExtraField = default });

    private Reading Read(byte[] input, int maxPiece, Random random)
    {
        var reader = new GzipHeaderReader();
        reader.Reset();
        var taken = 0;
        for (var given = 0; ;)
        {
            given = maxPiece >= input.Length ? input.Length : Math.Min(input.Length, given + random.Next(1, maxPiece + 1));
            var piece = _input.PutAtEnd(input.AsSpan(taken, given - taken));
            var isDone = reader.Append(piece, out var consumed, out var problem, out var at);
            if (consumed < 0 || consumed > piece.Length || isDone && problem is not null || !isDone && problem is null && consumed != piece.Length)
                throw new FuzzFinding($"it consumed {consumed} of {piece.Length} bytes, done: {isDone}, problem: {problem}");
            taken += consumed;
            if (isDone && !reader.Bytes.SequenceEqual(input.AsSpan(0, taken)))
                throw new FuzzFinding("the bytes that it kept are not those of the header");
            if (isDone || problem is not null || given == input.Length)
                return new Reading(isDone, taken, problem, at, isDone ? reader.ToMember(0, 0) : null);
        }
    }

    private sealed record Reading(bool IsDone, int Consumed, string? Problem, int At, GzipMember? Member);
}
