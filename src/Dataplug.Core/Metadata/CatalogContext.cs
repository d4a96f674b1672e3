using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Dataplug.Metadata;

/// <summary>The catalog's tables in SQLite.</summary>
internal sealed class CatalogContext(DbContextOptions<CatalogContext> options) : DbContext(options)
{
    /// <summary>The number of migrations, kept in <c>PRAGMA user_version</c> so that an up-to-date catalog is known by one
    /// small read.</summary>
    public const int SchemaVersion = 1;

    /// <summary>How long a statement waits for another process's write.</summary>
    public const int BusySeconds = 30;

    public DbSet<ObjectRow> Objects => Set<ObjectRow>();

    public DbSet<RunRow> Runs => Set<RunRow>();

    public DbSet<ChunkRow> Chunks => Set<ChunkRow>();

    /// <summary>A connection string. Without pooling: a catalog that is replaced by a rebuild must not live on in a pool.</summary>
    public static string ConnectionString(string path, SqliteOpenMode mode = SqliteOpenMode.ReadWriteCreate) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = false,
        ForeignKeys = true,
        DefaultTimeout = BusySeconds,
    }.ToString();

    public static CatalogContext Create(string path) =>
        new(new DbContextOptionsBuilder<CatalogContext>().UseSqlite(ConnectionString(path)).Options);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ObjectRow>(entity =>
        {
            entity.ToTable("objects");
            entity.HasKey(row => row.Id);
            entity.HasIndex(row => new { row.Source, row.FormatId, row.Sidecar }).IsUnique();
        });
        modelBuilder.Entity<RunRow>(entity =>
        {
            entity.ToTable("runs");
            entity.HasKey(row => row.Id);
            entity.HasIndex(row => new { row.Source, row.FormatId });
            entity.HasMany(row => row.Chunks).WithOne().HasForeignKey(chunk => chunk.RunId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<ChunkRow>(entity =>
        {
            entity.ToTable("chunks");
            entity.HasKey(row => new { row.RunId, row.Index });
        });
    }
}

/// <summary>Lets <c>dotnet ef migrations add</c> find the model; no catalog is touched.</summary>
internal sealed class CatalogContextFactory : IDesignTimeDbContextFactory<CatalogContext>
{
    public CatalogContext CreateDbContext(string[] args) => CatalogContext.Create("design-time.db");
}
