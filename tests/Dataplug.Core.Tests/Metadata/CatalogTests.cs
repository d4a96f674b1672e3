using System.Reflection;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Metadata;
using Dataplug.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Dataplug.Core.Tests.Metadata;

public sealed class CatalogTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    private string File => Path.Combine(_scratch.Home, "catalog.db");

    private MetadataOptions Metadata => _scratch.Options().Metadata;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task What_is_preprocessed_is_listed_found_and_removed()
    {
        var first = await PreprocessAsync("a.lines", "1\n2\n");
        var second = await PreprocessAsync("b.lines", "1\n2\n3\n");
        var catalog = await Catalog.OpenAsync(Metadata);

        var entries = await catalog.ListAsync();
        Assert.Equal([first.Uri, second.Uri], entries.Select(entry => entry.Source.Uri));
        var entry = Assert.Single(await catalog.FindAsync(second.Uri));
        var state = await second.GetStateAsync();
        Assert.Equal(SourceIdentity.Of(state.Current), entry.Source);
        Assert.Equal((state.Sidecar, state.SidecarSize), (entry.Sidecar, entry.SidecarSize));
        Assert.Equal(3, entry.Attributes.GetProperty("lines").GetInt32());
        Assert.Equal(("toy-lines", 1, """{"chunk":1000}"""), (entry.FormatId, entry.FormatVersion, entry.Parameters));
        Assert.All(await catalog.ListRunsAsync(), run => Assert.Equal(CatalogRunState.Succeeded, run.State));

        Assert.True(await catalog.RemoveAsync(first.Uri));
        Assert.False(await catalog.RemoveAsync(first.Uri));
        Assert.Empty(await catalog.FindAsync(first.Uri));
        Assert.Single(await catalog.ListRunsAsync());
        Assert.Equal(IndexStatus.Current, (await first.GetStateAsync()).Status);
    }

    [Fact]
    public async Task The_sidecar_is_the_truth()
    {
        var cloud = await PreprocessAsync("a.lines", "1\n");
        System.IO.File.Delete((await cloud.GetStateAsync()).Sidecar!.Key);
        Assert.Single(await (await Catalog.OpenAsync(Metadata)).ListAsync());
        await Assert.ThrowsAsync<NotPreprocessedException>(() => cloud.GetIndexAsync());
        Assert.Equal(IndexStatus.Missing, (await cloud.GetStateAsync()).Status);
    }

    [Fact]
    public async Task A_rebuild_finds_what_is_at_home_and_in_a_shared_location_and_says_what_it_can_not_read()
    {
        await PreprocessAsync("a.lines", "1\n2\n");
        var shared = ObjectUri.ForFile(Path.Combine(_scratch.Path, "shared") + "/");
        var elsewhere = CloudObject.FromFile(new LinesFormat(), _scratch.Write("c.lines", "1\n"u8).Key, new CloudObjectOptions
        {
            Metadata = new MetadataOptions { Home = Path.Combine(_scratch.Path, "other-home"), Location = shared },
        });
        await elsewhere.PreprocessAsync();
        var bad = Path.Combine(_scratch.Home, "indexes", "bad.dpi");
        await System.IO.File.WriteAllTextAsync(bad, "not a sidecar");
        var before = await (await Catalog.OpenAsync(Metadata)).ListAsync();
        System.IO.File.Delete(File);

        var report = await Catalog.RebuildAsync(ObjectStores.Default, Metadata, shared);
        Assert.Equal(2, report.Entries.Count);
        Assert.Equal(bad, Assert.Single(report.Refused).Sidecar.Key);
        var entries = await (await Catalog.OpenAsync(Metadata)).ListAsync();
        Assert.Equal(report.Entries.Select(entry => entry.Source), entries.Select(entry => entry.Source));
        Assert.Equal(before[0].Source, entries[0].Source);
        Assert.Equal(before[0].Attributes.GetRawText(), entries[0].Attributes.GetRawText());
        Assert.Equal(elsewhere.Uri, entries[1].Source.Uri);

        // What is gone since is not there after another rebuild.
        await elsewhere.CleanAsync();
        Assert.Single((await Catalog.RebuildAsync(ObjectStores.Default, Metadata, shared)).Entries);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("damaged")]
    [InlineData("no-tables")]
    [InlineData("newer")]
    public async Task A_catalog_that_can_not_be_used_says_so_and_is_rebuilt(string kind)
    {
        var cloud = await PreprocessAsync("a.lines", "1\n2\n");
        switch (kind)
        {
            case "garbage":
                await System.IO.File.WriteAllBytesAsync(File, Enumerable.Repeat((byte)'x', 20_000).ToArray());
                break;
            case "damaged":
                Execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
                var bytes = await System.IO.File.ReadAllBytesAsync(File);
                bytes.AsSpan(4096).Fill(0xee);
                await System.IO.File.WriteAllBytesAsync(File, bytes);
                break;
            case "no-tables":
                Execute("DROP TABLE objects");
                break;
            case "newer":
                Execute("PRAGMA user_version = 99");
                break;
        }

        var refused = await Assert.ThrowsAsync<CatalogException>(async () => await (await Catalog.OpenAsync(Metadata)).ListAsync());
        Assert.Contains("dataplug catalog rebuild", refused.Cure, StringComparison.Ordinal);
        Assert.Equal(File, refused.ObjectName);

        // Reading the index needs no catalog.
        Assert.Equal(2, (await cloud.GetIndexAsync()).Lines.Sum());
        Assert.Single((await Catalog.RebuildAsync(ObjectStores.Default, Metadata)).Entries);
        Assert.Single(await (await Catalog.OpenAsync(Metadata)).ListAsync());
        Assert.Equal(Dataplug.Preprocessing.PreprocessOutcome.AlreadyIndexed, (await cloud.PreprocessAsync()).Outcome);
    }

    [Fact]
    public async Task Eight_processes_make_and_migrate_one_catalog_at_once()
    {
        var hosts = Enumerable.Range(0, 8).Select(_ => TestHost.Start("catalog", _scratch.Home)).ToArray();
        foreach (var host in hosts)
        {
            using (host)
                Assert.Equal((0, "0\n"), await host.WaitAsync());
        }

        Assert.Empty(await (await Catalog.OpenAsync(Metadata)).ListAsync());
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 12), new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (i, _) => await PreprocessAsync($"{i}.lines", $"{i}\n"));
        Assert.Equal(12, (await (await Catalog.OpenAsync(Metadata)).ListAsync()).Count);
    }

    [Fact]
    public async Task The_lock_of_a_migration_that_died_does_not_hold_up_the_next()
    {
        Directory.CreateDirectory(_scratch.Home);
        Execute("""
            CREATE TABLE "__EFMigrationsLock" ("Id" INTEGER NOT NULL CONSTRAINT "PK___EFMigrationsLock" PRIMARY KEY, "Timestamp" TEXT NOT NULL);
            INSERT INTO "__EFMigrationsLock" VALUES (1, '2020-01-01 00:00:00');
            """);
        var catalog = await Catalog.OpenAsync(Metadata).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Empty(await catalog.ListAsync());
    }

    [Fact]
    public async Task The_catalog_is_in_WAL_mode_and_keeps_no_secrets()
    {
        await Catalog.OpenAsync(Metadata);
        Assert.Equal("wal", Execute("PRAGMA journal_mode"));
        Assert.Equal((long)CatalogContext.SchemaVersion, Execute("PRAGMA user_version"));
    }

    [Fact]
    public void The_schema_version_counts_the_migrations_and_they_make_the_model()
    {
        var migrations = typeof(CatalogContext).Assembly.GetTypes().Where(type => type.GetCustomAttribute<MigrationAttribute>() is not null);
        var count = migrations.Count();
        Assert.Equal(CatalogContext.SchemaVersion, count);
        using var context = CatalogContext.Create(File);
        Assert.False(context.Database.HasPendingModelChanges());
    }

    private object? Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private async Task<CloudObject<LinesIndex>> PreprocessAsync(string name, string content)
    {
        var uri = _scratch.Write(name, System.Text.Encoding.ASCII.GetBytes(content));
        var cloud = CloudObject.FromFile(new LinesFormat(), uri.Key, _scratch.Options());
        await cloud.PreprocessAsync();
        return cloud;
    }
}
