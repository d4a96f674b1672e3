using Dataplug.Conformance.Storage;
using Dataplug.Fuzz;

namespace Dataplug.Core.Tests.Compression;

/// <summary>A short fuzzing campaign with every run of the tests; docs/fuzzing.md tells of the long ones.</summary>
public sealed class FuzzTests : IDisposable
{
    private const int Seed = 20261124;

    private readonly ScratchFolder _findings = new();

    public void Dispose() => _findings.Dispose();

    // Threads that are waited for, chunks that take megabytes: an execution takes milliseconds.
    private static readonly string[] Slow = ["speculation", "twopass"];

    [Fact]
    public void The_corpus_and_mutations_of_it_hold_every_rule() =>
        Run(20_000, [.. FuzzTargets.Create().Select(target => target.Name).Except(Slow)]);

    [Theory]
    [InlineData("speculation")]
    [InlineData("twopass")]
    public void Those_who_begin_in_the_middle_hold_every_rule(string target)
    {
        Assert.Contains(target, Slow);
        Run(400, [target]);
    }

    private static void Run(int executions, string[] targets)
    {
        var campaign = new Campaign(Seed, targets, Corpus.Folder);
        campaign.Run(executions, maxFindings: 1);
        Assert.True(campaign.Findings.Count == 0, string.Join('\n', campaign.Findings.Select(finding => $"seed {Seed}, {finding.Target}: {finding.Problem}; input: {Convert.ToBase64String(finding.Input)}")));
        Assert.Equal(executions, campaign.Executions);
        // Nothing is refused by all, or taken by all.
        Assert.Equal(targets.Order(StringComparer.Ordinal), campaign.Outcomes.Keys);
        foreach (var (target, outcomes) in campaign.Outcomes)
        {
            Assert.True(outcomes.Count > 1, $"all executions of {target} ended alike");
            Assert.Contains(outcomes.Keys, outcome => outcome is "accepted" or "complete" or "resumed to the end");
            Assert.Contains(outcomes.Keys, outcome => outcome.StartsWith("refused", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_hand_made_corpus_is_the_one_that_the_code_writes()
    {
        CorpusSeeds.Write(_findings.Path);
        foreach (var kind in Enum.GetValues<InputKind>())
        {
            foreach (var file in Corpus.Files(_findings.Path, kind))
                Assert.True(File.Exists(Path.Combine(Corpus.Folder, Corpus.FolderName(kind), Path.GetFileName(file))), $"{file} is not in the corpus; write it with --write-seeds");
        }
        Assert.True(Enum.GetValues<InputKind>().SelectMany(kind => Corpus.Files(Corpus.Folder, kind)).Sum(file => new FileInfo(file).Length) < 200_000, "the corpus has grown beyond 200 KB");
    }

    [Theory]
    [InlineData("broken-overread", "ended the process with exit code")]
    [InlineData("broken-underwrite", "ended the process with exit code")]
    [InlineData("broken-throws", "it threw InvalidOperationException: it broke")]
    [InlineData("broken-memory", "it allocated 1048")]
    [InlineData("broken-hang", "does not end within")]
    public async Task What_it_is_there_to_find_it_finds_and_keeps_the_input(string target, string problem)
    {
        // A machine with other work must not look like a hang.
        var isHang = target == "broken-hang";
        var output = new StringWriter();
        var supervisor = new Supervisor(5000, Seed, workers: 1, [target], new DirectoryInfo(_findings.Path), output, TimeSpan.FromSeconds(isHang ? 5 : 300));

        Assert.Equal(1, await supervisor.RunAsync());

        Assert.Contains(problem, output.ToString(), StringComparison.Ordinal);
        var inputs = Directory.GetFiles(_findings.Path);
        Assert.NotEmpty(inputs);
        if (!isHang)
            Assert.All(inputs, input => Assert.Equal(0, new FileInfo(input).Length % 2));
    }
}
