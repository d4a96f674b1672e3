using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Dataplug.Fuzz;

var executions = new Option<long>("--executions") { Description = "Executions in all.", DefaultValueFactory = _ => 1_000_000 };
var seed = new Option<int>("--seed") { Description = "Determines every input.", DefaultValueFactory = _ => 1 };
var workers = new Option<int>("--workers") { Description = "Processes that share the executions, each with a seed of its own.", DefaultValueFactory = _ => 1 };
var target = new Option<string[]>("--target") { Description = "Only these targets; docs/fuzzing.md names them.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var findings = new Option<DirectoryInfo>("--findings") { Description = "Folder for inputs that are findings.", DefaultValueFactory = _ => new DirectoryInfo("artifacts/fuzz") };
var replay = new Option<FileSystemInfo?>("--replay") { Description = "Runs a file, or the files of a folder, through the targets instead." };
var writeSeeds = new Option<DirectoryInfo?>("--write-seeds") { Description = "Writes the hand-made part of the corpus into a folder instead." };
var afl = new Option<string?>("--afl") { Description = "Serves one target (or 'gzip': all that take gzip objects) to afl-fuzz instead; see fuzz-afl.sh." };
var worker = new Option<string?>("--worker") { Description = "How a worker process is told where to note what it runs.", Hidden = true };

var command = new RootCommand("Fuzzes the decoders against zlib and against what they promise. Exit code 1 when something was found.") { executions, seed, workers, target, findings, replay, writeSeeds, afl, worker };
command.SetAction(async parsed =>
{
    var targets = parsed.GetRequiredValue(target);
    if (parsed.GetValue(writeSeeds) is { } folder)
    {
        CorpusSeeds.Write(folder.FullName);
        return 0;
    }
    if (parsed.GetValue(replay) is { } path)
        return Replay(path, targets);
    if (parsed.GetValue(afl) is { } served)
    {
        Serve(served);
        return 0;
    }
    if (parsed.GetValue(worker) is { } scratch)
        return Work(scratch, parsed.GetRequiredValue(executions), parsed.GetRequiredValue(seed), targets, parsed.GetRequiredValue(findings));
    return await new Supervisor(parsed.GetRequiredValue(executions), parsed.GetRequiredValue(seed), parsed.GetRequiredValue(workers), targets, parsed.GetRequiredValue(findings), Console.Out, Supervisor.HangTime).RunAsync();
});
return await command.Parse(args).InvokeAsync();

static int Work(string scratch, long executions, int seed, string[] targets, DirectoryInfo findings)
{
    using var current = new CurrentInput(scratch);
    var campaign = new Campaign(seed, targets, Corpus.Folder);
    var clock = Stopwatch.StartNew();
    campaign.Run(executions, maxFindings: 5, current, () => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {campaign.Executions:N0} executions, {campaign.Executions / clock.Elapsed.TotalSeconds:N0}/s")));
    foreach (var finding in campaign.Findings)
        Console.WriteLine($"FINDING: {finding.Target}: {finding.Problem}\n  input: {Supervisor.Save(findings, finding.Target, finding.Input)}");
    Console.WriteLine(string.Join('\n', campaign.Report().Prepend(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {campaign.Executions:N0} executions in {clock.Elapsed.TotalSeconds:F1} s, {campaign.Executions / clock.Elapsed.TotalSeconds:N0}/s, {campaign.Findings.Count} findings"))));
    return campaign.Findings.Count == 0 ? 0 : 1;
}

static int Replay(FileSystemInfo path, string[] targets)
{
    var files = path is DirectoryInfo || Directory.Exists(path.FullName) ? Directory.EnumerateFiles(path.FullName, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : (IEnumerable<string>)[path.FullName];
    var findings = 0;
    foreach (var file in files)
    {
        // Corpus files lie in the folder of their kind; of others the name begins with the target's.
        var kind = Path.GetFileName(Path.GetDirectoryName(file));
        var chosen = (targets.Length > 0 ? FuzzTargets.Create(targets) : FuzzTargets.Create()).Where(t => targets.Length > 0 || Corpus.FolderName(t.Kind) == kind || Path.GetFileName(file).StartsWith(t.Name + "-", StringComparison.Ordinal)).ToArray();
        if (chosen.Length == 0)
            throw new ArgumentException($"Nothing tells what '{file}' is; name a --target.");
        foreach (var one in chosen)
        {
            // Before it runs: it may end the process.
            Console.Write($"{one.Name} {file}: ");
            Console.Out.Flush();
            try
            {
                Console.WriteLine(FuzzTargets.Execute(one, File.ReadAllBytes(file)));
            }
            catch (FuzzFinding finding)
            {
                findings++;
                Console.WriteLine($"FINDING: {finding.Message}\n{finding.InnerException}");
            }
        }
    }
    return findings == 0 ? 0 : 1;
}

static void Serve(string name)
{
    // Instrumented code must not run before AFL's shared memory is there.
    IFuzzTarget[]? targets = null;
    SharpFuzz.Fuzzer.OutOfProcess.Run(stream =>
    {
        targets ??= [.. FuzzTargets.Create().Where(t => t.Name == name || Corpus.FolderName(t.Kind) == name)];
        if (targets.Length == 0)
            throw new ArgumentException($"There is no target '{name}'.");
        using var input = new MemoryStream();
        stream.CopyTo(input);
        var bytes = input.ToArray();
        foreach (var one in targets)
            FuzzTargets.Execute(one, bytes);
    });
}
